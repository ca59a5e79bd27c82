"""`Route`: which requests of a Service pass, and under which policy."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from .jwt_policy import Auth
from .types import HeaderName, Metadata, Method, ObjectName, Spec, Text

MatchValue = Annotated[str, Meta(max_length=1024)]


class RoutePath(Spec, frozen=True):
    """A path below the service's prefix."""

    type: Annotated[
        Literal["Exact", "Prefix", "Regex"],
        Meta(description="Exact; Prefix by whole segments; Regex (RE2 syntax) that must match the whole path."),
    ]
    value: MatchValue


class HeaderMatch(Spec, frozen=True):
    """A request header that must hold a value."""

    name: HeaderName
    value: MatchValue
    type: Literal["Exact", "Regex"] = "Exact"


class QueryParamMatch(Spec, frozen=True):
    """A query parameter that must hold a value, both percent-decoded once."""

    name: Text
    value: MatchValue
    type: Literal["Exact", "Regex"] = "Exact"


class RouteSpec(Spec, frozen=True):
    """Which requests of a Service pass, and under which policy."""

    service_ref: Annotated[ObjectName, Meta(description="The Service, in the same namespace.")]
    methods: Annotated[
        tuple[Method, ...], Meta(max_length=16, description="Methods, none = all; GET does not imply HEAD.")
    ] = ()
    paths: Annotated[
        tuple[RoutePath, ...], Meta(max_length=64, description="Paths of which one must match; none = every path.")
    ] = ()
    headers: Annotated[tuple[HeaderMatch, ...], Meta(max_length=16, description="Headers that must all match.")] = ()
    query_params: Annotated[
        tuple[QueryParamMatch, ...], Meta(max_length=16, description="Query parameters that must all match.")
    ] = ()
    auth: Annotated[Auth, Meta(description="Replaces the service's auth whole.")] | UnsetType = UNSET


class Route(msgspec.Struct, frozen=True, gc=False):
    """A Route as it came."""

    metadata: Metadata
    spec: RouteSpec
