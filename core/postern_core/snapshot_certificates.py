"""The section `certificates` of a snapshot: by which certificates the gateway speaks TLS, to clients and upstreams.

It is secret: each entry holds a private key.  The rules of `snapshot` hold here too.
"""

from __future__ import annotations

from .snapshot_entry import Entry


class Certificate(Entry, frozen=True):
    """A chain and its private key, both in PEM, for the names in lower case for which clients are shown it. Secret.

    One that a Backend names is shown to that; it may have no names.

    A name is an exact one or `*.suffix`, which is one label before the suffix (RFC 9525, section 6.3).  Each lies
    within a host of `namespace`, and counts only where the most specific host of the table is of that namespace: below
    a wildcard, a host may be another's.  `not_after` is in seconds since the epoch.
    """

    id: str
    namespace: str
    names: tuple[str, ...]
    chain_pem: str
    key_pem: str
    not_after: float = 0.0

    def __repr__(self) -> str:
        return f"Certificate({self.id!r}, {self.names!r})"
