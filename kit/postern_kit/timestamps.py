"""Times as Kubernetes and people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal


def rfc3339(at: datetime, timespec: Literal["seconds", "microseconds"] = "seconds") -> str:
    """Return an aware time in UTC (RFC 3339, section 5.6), cut off below `timespec`."""
    return at.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")
