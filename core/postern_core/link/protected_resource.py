"""A `protectedResource`, resolved into the part of a Service's policy that says where tokens are made."""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from postern_core.resources.protected_resource import ProtectedResource as ProtectedResourceBlock
from postern_core.snapshot_protected_resource import ProtectedResource

from .policies import LinkedPolicy
from .sizes import size_of


def with_resource(policy: LinkedPolicy, block: ProtectedResourceBlock | None, path_prefix: str) -> LinkedPolicy:
    """The policy of a Service at this path, with what is published of it."""
    if block is None or policy.entry is None:
        return policy
    resource = ProtectedResource(
        path=path_prefix.rstrip("/"), scopes=block.scopes, name=block.name, documentation=block.documentation or ""
    )
    entry = structs.replace(policy.entry, protected_resource=resource)
    return replace(policy, entry=entry, size_bytes=policy.size_bytes + size_of(resource))
