"""The `redirect` block of Service and Route: requests that the gateway answers with another address."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from .path_replacement import PathReplacement
from .types import ExactHost, Port, Spec


class Redirect(Spec, frozen=True):
    """Where clients are sent in place of the application, before any token is asked for. What is not given stays.

    A request that is at that address already is not redirected but served. As Gateway API's RequestRedirect.
    """

    scheme: (
        Annotated[
            Literal["http", "https"],
            Meta(
                description="The scheme of the new address. Example: https. Default: none, that by which the client "
                "has asked."
            ),
        ]
        | None
    ) = None
    hostname: (
        Annotated[
            ExactHost,
            Meta(
                description="The host of the new address. Example: www.example.com. Default: none, that which the "
                "client has asked for."
            ),
        ]
        | None
    ) = None
    port: (
        Annotated[
            Port,
            Meta(
                description="The port of the new address; one that is the scheme's own is left out. Default: none, the "
                "scheme's own where scheme is given, and else that which the client has asked for."
            ),
        ]
        | None
    ) = None
    path: (
        Annotated[
            PathReplacement,
            Meta(description="The path of the new address; the query stays. Default: none, that of the request."),
        ]
        | None
    ) = None
    status_code: Annotated[
        Literal[301, 302, 303, 307, 308],
        Meta(
            description="The status of the answer. 301 and 308 are for good, and caches and browsers keep them; 302, "
            "303 and 307 for now. 307 and 308 keep the method and the body, after 303 a client asks by GET, and after "
            "301 and 302 browsers turn POST into GET. Default: 302."
        ),
    ] = 302
