"""The page "Decode and explain": what is in a token, and what the gateway would do with a request."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from postern_cli.explanation.decoded_token import DecodedToken
from postern_cli.explanation.redaction import Redaction
from postern_cli.explanation.text import outcome_of, request_lines
from postern_cli.explanation.trace import Explanation
from postern_console.asked_request import METHODS, PLACES, AskedRequest
from postern_console.state import ConsoleState
from postern_core.parse import is_a
from postern_core.resources.jwt_credential import JWTCredential

from .links import Link, frame, link_to

# RFC 7519, section 4.1: the claims that are dates.
DATES = ("iat", "nbf", "exp")
UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@dataclass(frozen=True, slots=True)
class Moment:
    """A claim that is a date, in words."""

    claim: str
    date: str
    distance: str


def decode_page(state: ConsoleState, asked: AskedRequest, result: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The form, and the result of the one that was sent; what could be secret in it is not there again."""
    return {
        "title": "Decode and explain",
        "frame": frame("/decode"),
        "asked": asked.without_token,
        "methods": METHODS,
        "places": PLACES,
        "gateways": state.gateways,
        "result": result,
    }


def decoded(token: DecodedToken, state: ConsoleState, now_s: float) -> dict[str, Any]:
    """What is in a token, when it holds, and which credentials it may name."""
    return {
        "mistake": token.mistake,
        "header": pretty(token.header),
        "claims": pretty(token.claims),
        "moments": [_moment(name, token.claims[name], now_s) for name in DATES if is_date(token.claims.get(name))],
        "credentials": credentials_named(token.claims.values(), state),
    }


def explained(explanation: Explanation, redaction: Redaction, state: ConsoleState) -> dict[str, Any]:
    """Each check with its outcome, and what comes of the request; without any token."""
    return {
        "request": list(request_lines(explanation, redaction)),
        "routes": explanation.routes,
        "steps": [
            {
                "title": step.title,
                "outcome": step.outcome.value,
                "detail": redaction.text(step.detail),
                "reason": str(step.reason or ""),
            }
            for step in explanation.steps
        ],
        "outcome": list(outcome_of(explanation, redaction)),
        "is_doubtful": any(finding.severity == "error" for finding in state.findings),
    }


def pretty(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def is_date(value: object) -> bool:
    """Whether a claim is seconds since the epoch, of a year that can be written."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 253_402_300_800


def _moment(name: str, seconds: float, now_s: float) -> Moment:
    date = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Moment(name, date, distance(seconds - now_s))


def distance(seconds: float) -> str:
    """How far away a moment is, in its largest unit."""
    size = abs(seconds)
    unit, length = next(((unit, length) for unit, length in UNITS if size >= length), UNITS[-1])
    count = int(size // length)
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"in {words}" if seconds >= 0 else f"{words} ago"


def credentials_named(claims: Iterable[object], state: ConsoleState) -> list[Link]:
    """The credentials whose key a claim holds: one of them verifies the token, or none does."""
    texts = {claim for claim in claims if isinstance(claim, str)}
    return [
        link_to(parsed.ref, state)
        for parsed in state.of_kind("JWTCredential")
        if is_a(parsed, JWTCredential) and (parsed.resource.spec.key or parsed.ref.name) in texts
    ]
