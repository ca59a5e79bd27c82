"""Identities: which object something is, or came from."""

from __future__ import annotations

from typing import NamedTuple


class Ref(NamedTuple):
    """An object's identity: its kind, namespace and name.

    `str(ref)` is `Kind namespace/name`, the form of every message;
    `ref.id` is `Kind/namespace/name`, the form of snapshot entry ids.
    Kubernetes' own Service is the kind `core/Service`; ours is `Service`.
    """

    kind: str
    namespace: str
    name: str

    @property
    def id(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"

    @property
    def path(self) -> str:
        """`namespace/name`, as kubectl users write it."""
        return f"{self.namespace}/{self.name}"

    @classmethod
    def of(cls, id_: str) -> Ref:
        """The object that an entry comes from; an entry of an Ingress says which path it is after the name."""
        kind, namespace, name = id_.split("/", 2)
        return cls(kind, namespace, name.partition("/")[0])

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"
