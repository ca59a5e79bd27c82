"""What can be wrong with a `protectedResource` by itself; the fields are below `spec.auth.jwt`."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.jwt_policy import JWTBlock
from postern_core.resources.route import Route
from postern_core.validators import Validators

from .duplicates import duplicates

AT = "protectedResource"


def protected_resource_is_without_issuers(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    if policy.protected_resource is not None and not policy.token_issuers:
        yield AT, "needs tokenIssuers, by which clients learn where to get a token; name some, or remove it"


def scope_is_named_twice(policy: JWTBlock) -> Iterator[tuple[str, str]]:
    if policy.protected_resource is not None:
        yield from duplicates(f"{AT}.scopes", policy.protected_resource.scopes)


def protected_resource_is_of_a_route(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    if route.spec.auth and route.spec.auth.jwt.protected_resource is not None:
        yield f"spec.auth.jwt.{AT}", "is the Service's, whose path is the resource; move it there"
