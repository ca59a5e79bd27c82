"""Which namespace holds a host and which credential a key, from one compilation to the next.

A grant is an input and an output of every compilation, and the reason why an
edit takes nothing away from an object that was there before the edit.  The
rules by which grants are kept and given are in `link.hosts` and
`link.credentials`; where they are stored belongs in the shells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .ref import Ref
from .snapshot import Snapshot
from .snapshot_entry import Entry


class HostGrant(Entry, frozen=True):
    """A host (`id`) and its namespace; `service` is the name of a Service there that names the host, or `Ingress/name`.

    A name has no slash, so no Service is taken for an Ingress.
    """

    id: str
    namespace: str
    service: str

    @property
    def holder(self) -> Ref:
        """The object that names the host."""
        kind, _, name = self.service.rpartition("/")
        return Ref(kind or "Service", self.namespace, name)


def host_grant(host: str, holder: Ref) -> HostGrant:
    """The grant of a host to the namespace of an object that names it."""
    name = holder.name if holder.kind == "Service" else f"{holder.kind}/{holder.name}"
    return HostGrant(id=host, namespace=holder.namespace, service=name)


class KeyGrant(Entry, frozen=True):
    """A key of a namespace (`id` is that of `key_id`) and the name of the credential that has it.

    `since` orders the grants of one key in several namespaces: see `snapshot.Credential`.
    """

    id: str
    credential: str
    since: int = 0


@dataclass(frozen=True, slots=True)
class Grants:
    """All grants of one gateway, by id."""

    hosts: Mapping[str, HostGrant] = field(default_factory=dict)
    keys: Mapping[str, KeyGrant] = field(default_factory=dict)

    def completed_by(self, other: Grants) -> Grants:
        """These grants, and those of `other` for hosts and keys that have none here."""
        return Grants({**other.hosts, **self.hosts}, {**other.keys, **self.keys})


def key_id(namespace: str, key: str) -> str:
    """The id of a key's grant; a namespace holds no slash, so no two keys share one."""
    return f"{namespace}/{key}"


def key_among(issuer: str, key: str) -> str:
    """A key as one of those of an issuer, by its id, or of none (""); a key holds no space, so no two are the same."""
    return f"{issuer} {key}" if issuer else key


def grants_in(snapshot: Snapshot) -> Grants:
    """What a snapshot shows of the grants with which it was compiled: the hosts of its routes, and its credentials."""
    hosts = {host: host_grant(host, Ref.of(route.service)) for route in snapshot.routes for host in route.hosts}
    keys = {}
    for entry in snapshot.credentials:
        id_ = key_id(entry.namespace, key_among(entry.issuer, entry.key))
        keys[id_] = KeyGrant(id=id_, credential=entry.name, since=entry.since)
    return Grants(hosts, keys)
