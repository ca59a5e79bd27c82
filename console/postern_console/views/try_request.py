"""The page "Try it": a request for a Route, and the gateway's answer without anything that is secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from postern_cli.explanation.redaction import REDACTED, Redaction
from postern_cli.running_gateways import RunningGateway
from postern_console.asked_request import METHODS
from postern_console.calls import RouteCall
from postern_console.send_request import Answer
from postern_console.state import ConsoleState
from postern_console.tried_request import TriedRequest

from .links import Link, frame, link_to, list_path, try_path

# What of a body is shown.
BODY_CHARACTERS_MAX = 16 * 1024
# Under that many characters a token is a word that stands elsewhere by chance.
TOKEN_CHARACTERS_MIN = 8


def try_page(
    state: ConsoleState,
    route: RouteCall,
    gateway: RunningGateway | None,
    tried: TriedRequest,
    result: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The form; without a gateway, the way to one."""
    return {
        "title": f"Try {route.ref.path}",
        "frame": frame(list_path(route.ref.kind)),
        "route": link_to(route.ref, state),
        "above": Link("Routes", list_path(route.ref.kind)),
        "action": try_path(route.ref),
        "methods": sorted({*METHODS, *route.methods}, key=lambda it: (it not in route.methods, it)),
        "needs_token": route.call.place is not None,
        "gateway": gateway,
        "gateways": route.gateways,
        "tried": tried,
        "result": result,
    }


def shown_answer(answer: Answer, redaction: Redaction, token: str) -> dict[str, Any]:
    """Status, headers and body as text; the request's own token, and what looks like one, is not shown."""
    return {
        "status": answer.status,
        "reason": redaction.text(answer.reason),
        "severity": "fine" if answer.status < 400 else "error",
        "fields": [_field(name, value, redaction) for name, value in answer.fields],
        "body": _body(answer, redaction, token),
        "is_whole": answer.is_whole,
    }


def _field(name: str, value: str, redaction: Redaction) -> str:
    if name.lower() == "set-cookie":
        pair, semicolon, attributes = value.partition(";")
        value = f"{pair.partition('=')[0]}={REDACTED}{semicolon}{attributes}"
    return f"{redaction.text(name)}: {redaction.header(name, value)}"


def _body(answer: Answer, redaction: Redaction, token: str) -> str:
    """The text of a body; what is no text is counted."""
    try:
        text = answer.body.decode()
    except UnicodeDecodeError:
        text = answer.body.decode(errors="replace") if not answer.is_whole else "\0"
    if "\0" in text:
        return f"({len(answer.body)} bytes that are no text)"
    if len(token) >= TOKEN_CHARACTERS_MIN:
        text = text.replace(token, REDACTED)
    lines = "\n".join(map(redaction.text, text.replace("\r\n", "\n").split("\n")))
    return lines if len(lines) <= BODY_CHARACTERS_MAX else f"{lines[:BODY_CHARACTERS_MAX]}\n... (the rest is left out)"
