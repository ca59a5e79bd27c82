"""The claims and times of `postern token`, from how they are written on the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import click

from postern_core.resources.types import DURATION_PATTERN, milliseconds
from postern_core.strict_json import DECODER, Fault, StrictJSONError

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# RFC 3339, section 5.6: the zone is not optional.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.IGNORECASE)


FAULTS = {
    Fault.MEMBER_TWICE: "the object has a member twice",
    Fault.NOT_A_NUMBER: '{0} is no number of JSON; write "{0}" with its quotes for a text',
    Fault.NUMBER_TOO_LARGE: "the number is beyond what JSON programs read",
}


def claims_from(texts: Iterable[str]) -> dict[str, Any]:
    """Return claims from NAME=VALUE, where the value is JSON if it parses, else text; raises `click.UsageError`."""
    claims: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--claim {text!r}: write NAME=VALUE, such as user=oiloil")
        if name in claims:
            raise click.UsageError(f"--claim {name} is given twice")
        claims[name] = _value(name, value)
    return claims


def _value(name: str, text: str) -> Any:
    try:
        return DECODER.decode(text)
    except StrictJSONError as error:
        raise click.UsageError(f"--claim {name}: {FAULTS[error.fault].format(error.found)}") from None
    except json.JSONDecodeError:
        return text
    except (ValueError, RecursionError):
        raise click.UsageError(f"--claim {name}: the value is larger or deeper than the gateway takes") from None


def seconds_of(duration: str) -> int:
    """Whole seconds of a duration such as 24h; raises `click.UsageError`."""
    if not re.match(DURATION_PATTERN, duration):
        raise click.UsageError(f"--ttl {duration!r} is not a duration such as 15m, 24h or 720h30m")
    if milliseconds(duration) < 1000:
        raise click.UsageError("--ttl must be 1s or more")
    return milliseconds(duration) // 1000


def moment_of(text: str, now_s: float) -> int:
    """Seconds since the epoch of a date (00:00 UTC) or an RFC 3339 time; raises `click.UsageError` for the past."""
    if not _DATE.fullmatch(text) and not _TIME.fullmatch(text):
        raise click.UsageError(f"--expires {text!r} is neither a date such as 2027-06-30 nor 2027-06-30T12:00:00Z")
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise click.UsageError(f"--expires {text!r} is no date: {error}") from None
    seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    if seconds <= now_s:
        raise click.UsageError(f"--expires {text} is in the past: the token would never be good")
    return seconds
