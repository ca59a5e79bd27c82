"""The claims that the access log shows, taken from a token when it is verified."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from postern_dataplane.request.logged_token import LoggedToken

from .claim_values import Claims, claim_at

# Of one claim: a few of them are kept for each token that is remembered.
VALUE_CHARS_MAX = 256
# Python has four bytes for each character of a text with one that needs them, and some for the text itself.
_VALUE_BYTES_MAX = 4 * VALUE_CHARS_MAX + 128


class LoggedClaims:
    """Takes from a token what is logged of it.

    A name is a claim's, or a JSON pointer (RFC 6901) to one within a claim: it begins with a slash.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._paths = {name: _path(name) for name in names}
        # Of the claims, `iss` and the name of the credential.
        self.size_bytes_max = (len(self._paths) + 2) * _VALUE_BYTES_MAX

    def of(self, credential: str, claims: Claims) -> LoggedToken:
        """What is logged of a token with these claims; a claim that it does not have is left out."""
        found = {name: claim_at(path, claims) for name, path in self._paths.items()}
        shown = {name: _text(value) for name, value in found.items() if value is not None}
        issuer = claims.get("iss")
        return LoggedToken(credential, _text(issuer) if type(issuer) is str else "", shown)


def _path(name: str) -> tuple[str, ...]:
    if not name.startswith("/"):
        return (name,)
    # RFC 6901, section 4: ~1 first, as ~01 is the text ~1.
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in name[1:].split("/"))


def _text(value: Any) -> str:
    """A text as it is, anything else as JSON in ASCII."""
    text = value if type(value) is str else json.dumps(value, separators=(",", ":"))
    return text[:VALUE_CHARS_MAX]
