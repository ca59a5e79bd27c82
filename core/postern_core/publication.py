"""The names under which a snapshot is published: objects of a gateway's namespace, and files of a folder.

The operator and local mode write these, the sidecar and the proxy read them.
What the contents are belongs in `codec`; how they are read and written belongs
in the shells.
"""

from __future__ import annotations

import re

# In a cluster: one ConfigMap for the index, and a ConfigMap or Secret for each shard.
INDEX_OBJECT = "postern-index"
INDEX_ENTRY = "index.json"
GRANTS_ENTRY = "grants.json"
SHARD_ENTRY = "shard.json"

# In a folder: the index, and beside it a folder with a file for each shard.
INDEX_FILE = "index.json"
SHARDS_FOLDER = "shards"

_PREFIX = "postern-"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def shard_object(digest: str) -> str:
    """Return the name of the object that carries the shard of that digest."""
    return f"{_PREFIX}{digest}"


def digest_of_shard_object(name: str) -> str | None:
    """Return the digest that the name of a shard's object carries, None for every other name."""
    digest = name.removeprefix(_PREFIX)
    return digest if digest != name and _DIGEST.fullmatch(digest) else None


def is_published_name(name: str) -> bool:
    """Whether a published object can have this name."""
    return name == INDEX_OBJECT or digest_of_shard_object(name) is not None


def shard_file(digest: str) -> str:
    """Return the name of a shard's file within the folder of shards."""
    return f"{digest}.json"


def digest_of_shard_file(name: str) -> str:
    """Return the digest in the name of a shard's file; that name itself where it has another form."""
    return name.removesuffix(".json")
