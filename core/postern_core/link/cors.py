"""A `cors` block, resolved into the part of a route that says which pages of other origins may call."""

from __future__ import annotations

from msgspec import UnsetType

from postern_core.resources.cors import Cors as CorsBlock
from postern_core.resources.types import milliseconds
from postern_core.snapshot_callers import Cors


def link_cors(block: CorsBlock | UnsetType) -> Cors | None:
    """The block as routes have it, None where there is none."""
    if not block:
        return None
    return Cors(
        origins=block.allow_origins,
        methods=block.allow_methods,
        headers=block.allow_headers,
        expose_headers=block.expose_headers,
        credentials=block.allow_credentials,
        max_age_s=milliseconds(block.max_age) // 1_000,
    )
