"""The `cors` block of Service and Route: which pages of other origins may call, by the Fetch standard."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from .rules import Rule
from .types import SET, Duration, HeaderName, MethodOrAll, Origin, Spec

# Browsers leave the port of these schemes out of an origin where it is the usual one.
DEFAULT_PORT = r"^(https://.*:443|http://.*:80)$"
LISTS = ("allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders")


class Cors(Spec, frozen=True):
    """Which pages of other origins may call, and what of the answers they may read.

    The gateway answers preflights itself, and replaces the Access-Control-* fields of the application.
    """

    RULES = (
        Rule(
            "credentials_go_to_every_origin",
            "!(has(self.allowCredentials) && self.allowCredentials) || !("
            + " || ".join(f"(has(self.{name}) && self.{name}.exists(it, it == '*'))" for name in LISTS)
            + ")",
            "allows no * in any list, as browsers take none together with credentials; name what is meant",
            ".allowCredentials",
        ),
        Rule(
            "origin_names_the_default_port",
            f"self.allowOrigins.all(it, !it.matches(r'{DEFAULT_PORT}'))",
            "names the port that browsers leave out of an origin; remove it",
            ".allowOrigins",
        ),
    )

    allow_origins: Annotated[
        tuple[Origin, ...],
        Meta(
            max_length=64,
            description="The origins whose pages may call: scheme://host, with a port unless it is the scheme's own; "
            "https://*.example.com for one label or more before example.com; or * for every origin. "
            "An origin is compared whole, as browsers send it. The empty list allows none, which turns the Service's "
            "cors off for a Route. "
            'Example: [https://app.example.com, "https://*.example.com"].',
            extra_json_schema=SET,
        ),
    ]
    allow_methods: Annotated[
        tuple[MethodOrAll, ...],
        Meta(
            max_length=16,
            description="The methods that such a page may use, beside GET, HEAD and POST, which browsers always "
            "allow; * for all. It opens no method that no Route takes. Example: [GET, PUT, DELETE]. Default: none.",
            extra_json_schema=SET,
        ),
    ] = ()
    allow_headers: Annotated[
        tuple[HeaderName, ...],
        Meta(
            max_length=64,
            description="The request headers that such a page may set; * for all but Authorization, which is never "
            "sent unless it is named. Example: [Authorization, Content-Type]. Default: none.",
            extra_json_schema=SET,
        ),
    ] = ()
    expose_headers: Annotated[
        tuple[HeaderName, ...],
        Meta(
            max_length=64,
            description="The response headers that such a page may read, beside those that browsers always show; "
            "* for all. Example: [ETag, Retry-After]. Default: none.",
            extra_json_schema=SET,
        ),
    ] = ()
    allow_credentials: Annotated[
        bool,
        Meta(
            description="Let browsers send cookies and client certificates along, and show the answers. No list may "
            "hold * then. A token that a page puts into Authorization itself does not need it. Default: false."
        ),
    ] = False
    max_age: Annotated[
        Duration,
        Meta(
            description="How long a browser may remember the answer to a preflight, in whole seconds; browsers stop "
            "at two hours or a day. Example: 600s. Default: 5s."
        ),
    ] = "5s"
