"""What every entry of a snapshot is, and each part of one: frozen, and read strictly."""

from __future__ import annotations

import msgspec


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What every part of the snapshot is made of."""
