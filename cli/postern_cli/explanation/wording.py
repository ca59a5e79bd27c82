"""Values from a request or a token, as they may be shown: short, and without what a terminal would obey."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from postern_kit.timestamps import rfc3339

CHARS_MAX = 80


def shown(value: object) -> str:
    """A value as JSON in ASCII, cut where it is long."""
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= CHARS_MAX else f"{text[:CHARS_MAX]}..."


def listed(values: Iterable[object], limit: int = 8) -> str:
    """Some values of a list, and how many more there are."""
    every = [value if isinstance(value, str) else shown(value) for value in values]
    more = f" and {len(every) - limit} more" if len(every) > limit else ""
    return ", ".join(every[:limit]) + more


def moment(value: object) -> str:
    """A NumericDate as a time that people read; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return shown(value)
    try:
        return rfc3339(datetime.fromtimestamp(value, UTC))
    except (ValueError, OverflowError, OSError):
        return shown(value)


def span(milliseconds: int) -> str:
    """A length of time."""
    return f"{milliseconds / 1000:g}s"
