"""The blocks of Service and Route that change requests and answers on their way: the filters."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from .auth import NULLABLE
from .header_changes import RequestHeaders, ResponseHeaders
from .redirect import Redirect
from .rewrite import Rewrite
from .types import Spec


class ServiceFilters(Spec, frozen=True, kw_only=True):
    """Those of a Service, for its Routes that have none of their own."""

    request_headers: (
        Annotated[
            RequestHeaders,
            Meta(
                description="How the header fields of requests are changed before they go upstream, on the Routes of "
                "this Service that have no requestHeaders of their own; a Route's requestHeaders replaces it whole. "
                "Default: none.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    response_headers: (
        Annotated[
            ResponseHeaders,
            Meta(
                description="How the header fields of the application's responses are changed, on the Routes of this "
                "Service that have no responseHeaders of their own; a Route's responseHeaders replaces it whole. "
                "Default: none.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    rewrite: (
        Annotated[
            Rewrite,
            Meta(
                description="Which host and path the application is asked for in place of those of a request, on the "
                "Routes of this Service that have no rewrite of their own; a Route's rewrite replaces it whole. "
                "Default: none.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    redirect: (
        Annotated[
            Redirect,
            Meta(
                description="Where clients are sent in place of the application, on the Routes of this Service that "
                "have no redirect of their own; a Route's redirect replaces it whole. Default: none.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET


class RouteFilters(Spec, frozen=True, kw_only=True):
    """Those of a Route, each in the place of its Service's."""

    request_headers: (
        Annotated[
            RequestHeaders,
            Meta(
                description="How the header fields of these requests are changed before they go upstream. It replaces "
                "the Service's requestHeaders whole; the empty block changes none. Default: none, the Service's holds.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    response_headers: (
        Annotated[
            ResponseHeaders,
            Meta(
                description="How the header fields of the application's responses to these requests are changed. It "
                "replaces the Service's responseHeaders whole; the empty block changes none. Default: none, the "
                "Service's holds.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    rewrite: (
        Annotated[
            Rewrite,
            Meta(
                description="Which host and path the application is asked for in place of these requests' own. It "
                "replaces the Service's rewrite whole; the empty block rewrites nothing. Default: none, the Service's "
                "holds.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    redirect: (
        Annotated[
            Redirect,
            Meta(
                description="Where clients are sent in place of the application. It replaces the Service's redirect "
                "whole; the empty block redirects nothing. A Route that redirects is served also where its Service's "
                "upstream can't be used. Default: none, the Service's holds.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
