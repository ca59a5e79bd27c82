"""Where a token may be in a request, as `auth.jwt.from` has it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from .rules import TOKEN_HEADERS_NOT, Rule, has_exactly_one_of, is_one_of_headers
from .types import CookieName, HeaderName, Scheme, Spec, Text


class TokenPlace(Spec, frozen=True):
    """One place where a token may be; exactly one of header, query, cookie and webSocketProtocol MUST be given."""

    RULES = (
        Rule(
            "place_is_not_exactly_one",
            has_exactly_one_of("header", "query", "cookie", "webSocketProtocol"),
            "must have exactly one of header, query, cookie and webSocketProtocol",
        ),
        Rule(
            "scheme_is_of_no_header",
            "!has(self.scheme) || has(self.header)",
            "stands before the token in a header, and this place is none; name a header, or remove it",
            ".scheme",
        ),
        Rule(
            "place_is_no_place_for_a_token",
            f"!has(self.header) || !{is_one_of_headers('self.header', TOKEN_HEADERS_NOT)}",
            "can't carry a token; choose another header",
            ".header",
        ),
    )

    header: (
        Annotated[
            HeaderName,
            Meta(
                description="A request header. Its scheme, in any case and with one or more spaces, is taken "
                "off; a bare token is accepted, and any other value is a bad token. The header twice in one request "
                "is refused. Example: Authorization."
            ),
        ]
        | None
    ) = None
    scheme: (
        Annotated[
            Scheme,
            Meta(
                description="The scheme before the token in this header (RFC 9110, section 11.1), instead of Bearer. "
                "That of Authorization is named by the challenge of a 401. Example: Token. Default: Bearer."
            ),
        ]
        | None
    ) = None
    query: (
        Annotated[
            Text,
            Meta(
                description="A query parameter. Its name is compared after one percent-decoding; the parameter twice "
                "in one request is refused. Tokens in a query end in the logs of others. Example: jwt."
            ),
        ]
        | None
    ) = None
    cookie: (
        Annotated[CookieName, Meta(description="A cookie. Twice in one request it is refused. Example: jwt.")] | None
    ) = None
    web_socket_protocol: (
        Annotated[
            HeaderName,
            Meta(
                description="What stands before the token in one of the protocols that a WebSocket's handshake offers "
                "(Sec-WebSocket-Protocol), which is all that a page can set of it: with `bearer.` that is "
                '`new WebSocket(url, ["chat", "bearer." + token])`. Two such protocols in one request are refused. '
                "Browsers close a connection for which none of the protocols was chosen, so the page has to offer one "
                "that the application knows as well. Example: bearer. with a dot at its end."
            ),
        ]
        | None
    ) = None
