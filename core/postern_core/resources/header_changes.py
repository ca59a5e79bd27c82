"""The blocks `requestHeaders` and `responseHeaders` of Service and Route: header fields that are changed on the way.

Their fields are those of Gateway API's RequestHeaderModifier and ResponseHeaderModifier.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from postern_core.header_names import BEYOND_REQUEST_FILTERS, BEYOND_RESPONSE_FILTERS

from .rules import Rule
from .types import SET, FieldValue, HeaderName, Spec

FIELDS_MAX = 16
# Of names and values of `set` and `add`: what each request, or response, may grow by.
CHANGES_BYTES_MAX = 8_192

_BY_NAME = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
_WRITTEN = " + ".join(
    f"(has(self.{field}) ? self.{field}.map(it, it.name.size() + it.value.size()) : [])" for field in ("set", "add")
)
_NAMES = (
    "((has(self.set) ? self.set.map(it, it.name) : []) + (has(self.add) ? self.add.map(it, it.name) : []) "
    "+ (has(self.remove) ? self.remove : []))"
)


def _names_none_of(names: frozenset[str], prefix: str) -> str:
    """An expression: no header is one of these, nor begins with the prefix, in any spelling."""
    spellings = "|".join(name.replace("-", "[^A-Za-z0-9]") for name in sorted(names))
    beginning = prefix.replace("-", "[^A-Za-z0-9]")
    return f"{_NAMES}.all(name, !name.matches(r'^(?i:(?:{spellings})$|{beginning})'))"


RULES_OF_BOTH = (
    Rule(
        "header_is_changed_twice",
        f"[{_NAMES}.map(name, name.lowerAscii())].all(names, "
        "names.all(name, names.filter(it, it == name).size() == 1))",
        "names a header twice; name it once, in set, add or remove",
    ),
    Rule(
        "header_changes_are_too_large",
        f"({_WRITTEN}).sum() <= {CHANGES_BYTES_MAX}",
        f"writes more than {CHANGES_BYTES_MAX:,} bytes of names and values; shorten them",
    ),
)


class HeaderField(Spec, frozen=True):
    """A header field."""

    name: Annotated[HeaderName, Meta(description="The name of the header, in any case. Example: X-Tenant.")]
    value: Annotated[
        FieldValue,
        Meta(
            description="Its value, sent as it stands: nothing in it is replaced. It is no secret: all who may read "
            "this object see it. Example: blue."
        ),
    ]


class RequestHeaders(Spec, frozen=True):
    """How the header fields of a request are changed before it goes upstream. A name is of any case.

    Headers that only the gateway sets can't be named: those of identity and forwarding, and those of framing.
    """

    RULES = (
        Rule(
            "request_header_is_of_the_gateway",
            _names_none_of(BEYOND_REQUEST_FILTERS, "x-forwarded-"),
            "names a header that only the gateway sets, as it says who calls, for whom, or how the message is framed; "
            "remove it",
        ),
        *RULES_OF_BOTH,
    )

    set: Annotated[
        tuple[HeaderField, ...],
        Meta(
            max_length=FIELDS_MAX,
            description="Headers that are sent with this value and no other: what the client sent of the name is "
            "removed, in every spelling. Example: [{name: X-Tenant, value: blue}]. Default: none.",
            extra_json_schema=_BY_NAME,
        ),
    ] = ()
    add: Annotated[
        tuple[HeaderField, ...],
        Meta(
            max_length=FIELDS_MAX,
            description="Headers that are sent beside those of the same name that the client sent. Default: none.",
            extra_json_schema=_BY_NAME,
        ),
    ] = ()
    remove: Annotated[
        tuple[HeaderName, ...],
        Meta(
            max_length=FIELDS_MAX,
            description="The names of headers that don't go upstream, in every spelling. Example: [X-Debug]. "
            "Default: none.",
            extra_json_schema=SET,
        ),
    ] = ()


class ResponseHeaders(Spec, frozen=True):
    """How the header fields of the application's response are changed before the client gets it. Names are of any case.

    The gateway's own answers stay as they are. Headers of framing, of the connection and of CORS can't be named.
    """

    RULES = (
        Rule(
            "response_header_is_of_the_gateway",
            _names_none_of(BEYOND_RESPONSE_FILTERS, "access-control-"),
            "names a header of framing or of the connection, or one of CORS, which is said by cors; remove it",
        ),
        *RULES_OF_BOTH,
    )

    set: Annotated[
        tuple[HeaderField, ...],
        Meta(
            max_length=FIELDS_MAX,
            description="Headers that the client gets with this value and no other, whatever the application sent of "
            "the name. Example: [{name: Strict-Transport-Security, value: max-age=31536000}]. Default: none.",
            extra_json_schema=_BY_NAME,
        ),
    ] = ()
    add: Annotated[
        tuple[HeaderField, ...],
        Meta(
            max_length=FIELDS_MAX,
            description="Headers that the client gets beside those of the same name that the application sent. "
            "Default: none.",
            extra_json_schema=_BY_NAME,
        ),
    ] = ()
    remove: Annotated[
        tuple[HeaderName, ...],
        Meta(
            max_length=FIELDS_MAX,
            description="The names of headers that the client does not get. Example: [Server, X-Powered-By]. "
            "Default: none.",
            extra_json_schema=SET,
        ),
    ] = ()
