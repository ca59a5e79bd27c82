"""Names for the objects that are made, each once in its namespace and no longer than Kubernetes allows."""

from __future__ import annotations

import hashlib

LENGTH_MAX = 253
DIGEST_LENGTH = 8


class ObjectNames:
    """The names that are taken; a second object of a name gets a digest of what it is made of behind it."""

    def __init__(self) -> None:
        self._taken: set[tuple[str, str, str]] = set()

    def take(self, kind: str, namespace: str, wanted: str, made_of: str) -> str:
        """A name like the one that is wanted, the same whenever it is made of the same."""
        name = wanted
        if len(wanted) > LENGTH_MAX or (kind, namespace, name) in self._taken:
            digest = hashlib.sha256(f"{kind}/{namespace}/{made_of}".encode()).hexdigest()[:DIGEST_LENGTH]
            name = f"{wanted[: LENGTH_MAX - DIGEST_LENGTH - 1].rstrip('-.')}-{digest}"
        self._taken.add((kind, namespace, name))
        return name
