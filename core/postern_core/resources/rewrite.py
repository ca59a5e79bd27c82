"""The `rewrite` block of Service and Route: how a request's host and path are changed before it goes upstream."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from .path_replacement import PathReplacement
from .types import ExactHost, Spec


class Rewrite(Spec, frozen=True):
    """Which host and path the application is asked for in place of the client's. As Gateway API's URLRewrite."""

    hostname: (
        Annotated[
            ExactHost,
            Meta(
                description="The host that the application reads, whatever hostHeader of the upstream says. "
                "X-Forwarded-Host has the client's. Example: shop.internal.example.com. Default: none, as hostHeader "
                "says."
            ),
        ]
        | None
    ) = None
    path: (
        Annotated[
            PathReplacement,
            Meta(
                description="The path that the application is asked for, below that of its url. "
                "`{type: ReplacePrefixMatch, value: /}` on a Service is what stripPathPrefix: true says. "
                "Default: none, as stripPathPrefix says."
            ),
        ]
        | None
    ) = None
