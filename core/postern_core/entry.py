"""What every part of a snapshot is made of: strict to read, and without a byte for what is left at its default."""

from __future__ import annotations

import msgspec


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What every part of the snapshot is made of."""
