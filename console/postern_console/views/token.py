"""The page that makes a token: the form with its mistakes, and the token, which is shown once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from postern_console.calls import Call, call_of
from postern_console.state import ConsoleState
from postern_console.token_request import AT_A_DATE, LIFETIMES, TYPES, TokenRequest
from postern_core.parse import Decoded
from postern_core.ref import Ref
from postern_core.resources.jwt_credential import JWTCredential

from .decode import pretty
from .links import frame, link_to, list_path, token_path, try_path

# A choice of more is none.
ROUTES_MAX = 100


def token_page(
    state: ConsoleState,
    parsed: Decoded[JWTCredential],
    asked: TokenRequest,
    mistakes: Mapping[str, str],
    result: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The form; a mistake stands beside its field, that of "" above all of them. A private key is not there again."""
    spec = parsed.resource.spec
    return {
        "title": "Generate JSON Web Token",
        "frame": frame(list_path(parsed.ref.kind)),
        "credential": link_to(parsed.ref, state),
        "action": token_path(parsed.ref),
        "asked": asked,
        "lifetimes": {value: text for value, (text, _) in LIFETIMES.items()},
        "at_a_date": AT_A_DATE,
        "types": TYPES,
        "key": spec.key or parsed.ref.name,
        "algorithm": spec.own_algorithm,
        "needs_private_key": not spec.own_algorithm.startswith("HS"),
        "key_ids": [key.id for key in spec.keys if key.id],
        "routes": list(routes_to_call(state, parsed.ref.namespace)),
        "mistakes": mistakes,
        "result": result,
    }


def routes_to_call(state: ConsoleState, namespace: str) -> dict[str, Call]:
    """The Routes of a namespace that want a token, by name."""
    calls = ((it.ref.name, call_of(it, state)) for it in state.of_kind("Route") if it.ref.namespace == namespace)
    return dict([(name, call) for name, call in calls if call is not None and call.place is not None][:ROUTES_MAX])


def token_result(
    payload: Mapping[str, Any], token: str = "", curl: str = "", route: Ref | None = None
) -> dict[str, Any]:
    """A token that has just been made, with what calls a Route; without one the payload that it would have."""
    action = try_path(route) if curl and route else ""
    return {"payload": pretty(payload), "token": token, "curl": curl, "try": action}
