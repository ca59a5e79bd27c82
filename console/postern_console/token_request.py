"""The form that makes a token: what was typed, and what is wrong with it. Pure but for the machine's time zone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from postern_cli.claim_values import FAULTS
from postern_cli.token_signing import Times
from postern_core.strict_json import DECODER, StrictJSONError

from .calls import GATEWAY

# How long a token lives, by the value of a choice; any other choice is a date.
LIFETIMES = MappingProxyType({"1h": ("1 hour", 3_600), "1d": ("1 day", 86_400), "30d": ("30 days", 30 * 86_400)})
AT_A_DATE = "date"
TYPES = MappingProxyType({"text": "text", "number": "number", "boolean": "true or false", "json": "JSON"})


@dataclass(frozen=True, slots=True)
class PayloadRow:
    """One more claim, as it was typed."""

    name: str = ""
    type: str = "text"
    value: str = ""


# Room for some claims where no script can add a row.
NO_ROWS = (PayloadRow(),) * 3


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What was typed; `route` is the name of the Route that the command to be copied calls."""

    lifetime: str = "1d"
    expires: str = ""
    rows: tuple[PayloadRow, ...] = NO_ROWS
    key_id: str = ""
    key_claim: str = "key"
    private_key: str = field(default="", repr=False)
    route: str = ""
    gateway: str = GATEWAY


def token_request_of(form: Mapping[str, Sequence[str]]) -> TokenRequest:
    """Read a form; what is missing is as in an empty one."""

    def text(name: str, otherwise: str = "") -> str:
        return (form.get(name) or [""])[0].strip() or otherwise

    rows = zip(*(form.get(f"claim_{part}", ()) for part in ("name", "type", "value")), strict=False)
    return TokenRequest(
        lifetime=text("lifetime", "1d"),
        expires=text("expires"),
        rows=tuple(PayloadRow(name.strip(), type_, value) for name, type_, value in rows) or NO_ROWS,
        key_id=text("key_id"),
        key_claim=text("key_claim", "key"),
        private_key=text("private_key"),
        route=text("route"),
        gateway=text("gateway", GATEWAY),
    )


def times_of(asked: TokenRequest, now_s: float) -> Times | str:
    """When the token is made and ends, or what is wrong with that."""
    # Rounded down, so that a lifetime that is just a policy's maxLifetime is no longer than that.
    issued_s = int(now_s)
    if asked.lifetime in LIFETIMES:
        return Times(issued_s, issued_s + LIFETIMES[asked.lifetime][1])
    try:
        # Without a zone it is the machine's, as the browser on it has it.
        expires_s = int(datetime.fromisoformat(asked.expires).timestamp())
    except (ValueError, OverflowError, OSError):
        return "choose a date and a time"
    return Times(issued_s, expires_s) if expires_s > now_s else "is in the past: the token would never be good"


def claims_of_rows(asked: TokenRequest) -> tuple[dict[str, Any], dict[str, str]]:
    """The claims of the rows, and what is wrong by `claim-0` and its like; an empty row is none."""
    claims: dict[str, Any] = {}
    mistakes: dict[str, str] = {}
    for index, row in enumerate(asked.rows):
        if not row.name and not row.value:
            continue
        try:
            if not row.name:
                raise ValueError("give it a name")
            if row.name in ("iat", "exp", asked.key_claim):
                raise ValueError(f"{row.name} is set already")
            if row.name in claims:
                raise ValueError(f"{row.name} is given twice")
            claims[row.name] = _value(row)
        except ValueError as error:
            mistakes[f"claim-{index}"] = str(error)
    return claims, mistakes


def _value(row: PayloadRow) -> Any:
    """The value of a claim by its type; raises ValueError."""
    if row.type == "text":
        return row.value
    try:
        value = DECODER.decode(row.value.strip())
    except StrictJSONError as error:
        raise ValueError(FAULTS[error.fault].format(error.found)) from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is no {TYPES.get(row.type, 'JSON')}: {error.msg}") from None
    except (ValueError, RecursionError):
        raise ValueError("is larger or deeper than the gateway takes") from None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if row.type == "number" and not is_number:
        raise ValueError("is no number")
    if row.type == "boolean" and not isinstance(value, bool):
        raise ValueError("is neither true nor false")
    return value
