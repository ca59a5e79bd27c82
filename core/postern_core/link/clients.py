"""A `clients` block, resolved into the part of a route that says from which addresses requests may come."""

from __future__ import annotations

from msgspec import UnsetType

from postern_core.resources.clients import Clients as ClientsBlock
from postern_core.snapshot_callers import Clients


def link_clients(block: ClientsBlock | UnsetType) -> Clients | None:
    """The block as routes have it; None where there is none, or where it allows every address."""
    if not block or not (block.allow or block.deny):
        return None
    return Clients(allow=block.allow or (), deny=block.deny or (), is_peer=block.address == "Peer")
