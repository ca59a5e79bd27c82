"""What of a request may be printed: no token, no cookie, nothing that stands where a secret may stand."""

from __future__ import annotations

import re
from collections.abc import Iterable

from postern_cli.printing import printable
from postern_core.snapshot import Policy
from postern_dataplane.decision.token_extraction import is_parameter

REDACTED = "<redacted>"

# Headers that hold secrets under every policy.
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization"})
# The place of a policy that says nothing else; the request may belong to no policy here.
USUAL_PARAMETERS = frozenset({"jwt"})
# Words in front of a secret that are none themselves.
SCHEMES = frozenset({"bearer", "basic", "digest", "negotiate"})
# All that looks like a JSON Web Token, wherever it is: the base64url of `{"` is eyJ.
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*){1,2}")


class Redaction:
    """Knows where secrets are: in the places where any of these policies looks for a token."""

    def __init__(self, policies: Iterable[Policy], token: str = "") -> None:
        places = [place for policy in policies for place in policy.places]
        self._headers = SECRET_HEADERS | {place.name.lower() for place in places if place.kind == "header"}
        self._schemes = SCHEMES | {place.scheme.lower() for place in places}
        self._parameters = USUAL_PARAMETERS | {place.name for place in places if place.kind == "query"}
        self._protocols = tuple({place.name for place in places if place.kind == "protocol"})
        self._token = token

    def header(self, name: str, value: str) -> str:
        """A header's value without what is secret in it."""
        if name.lower() == "cookie":
            return ";".join(self._cookie(pair) for pair in value.split(";"))
        if name.lower() == "sec-websocket-protocol":
            return ",".join(map(self._protocol, value.split(",")))
        if name.lower() not in self._headers:
            return self.text(value)
        scheme, space, _ = value.partition(" ")
        return f"{scheme} {REDACTED}" if space and scheme.lower() in self._schemes else REDACTED

    @staticmethod
    def _cookie(pair: str) -> str:
        name, equals, _ = pair.partition("=")
        return f"{name}{equals}{REDACTED}" if equals else REDACTED

    def _protocol(self, protocol: str) -> str:
        name = protocol.lstrip(" \t")
        prefix = max((it for it in self._protocols if name.startswith(it)), key=len, default=None)
        return self.text(protocol) if prefix is None else f"{prefix}{REDACTED}"

    def target(self, target: str) -> str:
        """A request target without what is secret in its query."""
        path, question, query = target.partition("?")
        return self.text(path) + question + self.query(query)

    def query(self, query: str) -> str:
        """What follows the `?`, parameter by parameter."""
        return "&".join(self._parameter(segment) for segment in query.split("&"))

    def _parameter(self, segment: str) -> str:
        key, equals, _ = segment.partition("=")
        if equals and any(is_parameter(key, name) for name in self._parameters):
            return f"{key}={REDACTED}"
        return self.text(segment)

    def text(self, text: str) -> str:
        """Any text, printable, without the token of the request and without what looks like one."""
        # Under eight characters it is a word that stands elsewhere by chance, and hides nothing.
        if len(self._token) >= 8:
            text = text.replace(self._token, REDACTED)
        return printable(_TOKEN.sub(REDACTED, text))

    def head(self, content: bytes) -> list[str]:
        """The lines of a request head."""
        first, *fields = content.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        method, target, version = first.split(" ", 2)
        lines = [f"{self.text(method)} {self.target(target)} {version}"]
        for field in fields:
            name, _, value = field.partition(": ")
            lines.append(f"{self.text(name)}: {self.header(name, value)}")
        return lines
