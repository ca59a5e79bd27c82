"""What can be wrong with a Route by itself."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.pattern_limits import PATTERN_SIZE_MAX, ROUTE_PATTERNS_MAX
from postern_core.resources.route import HeaderMatch, QueryParamMatch, Route, RoutePath
from postern_core.resources.types import NO_CONTROLS
from postern_core.validators import Validators

from .blocks import BLOCK_CHECKS
from .duplicates import duplicates
from .normal_path import path_is_not_normal
from .protected_resource import protected_resource_is_of_a_route
from .upstreams import UPSTREAM_CHECKS


def path_can_never_match(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    for index, path in enumerate(route.spec.paths):
        if path.type != "Regex":
            wrong = path_is_not_normal(path.value)
            if wrong:
                yield f"spec.paths[{index}].value", wrong


def regex_is_invalid(route: Route, inspectors: Validators) -> Iterator[tuple[str, str]]:
    for field, pattern in _patterns(route):
        wrong = inspectors.regex_error(pattern)
        if wrong:
            yield field, f"is not a regular expression for RE2: {wrong}"


def pattern_can_never_match(route: Route, inspectors: Validators) -> Iterator[tuple[str, str]]:
    for index, path in enumerate(route.spec.paths):
        if path.type == "Regex" and not inspectors.can_match_path(path.value):
            yield f"spec.paths[{index}].value", "can match no path, for every path begins with a slash; begin it with /"


def pattern_is_too_large(route: Route, inspectors: Validators) -> Iterator[tuple[str, str]]:
    for field, pattern in _patterns(route):
        size = inspectors.pattern_size(pattern)
        if size > PATTERN_SIZE_MAX:
            shorter = "use * and + in place of {1,64}, and ASCII classes such as [A-Za-z] in place of \\pL"
            yield field, f"has {size} RE2 instructions, more than {PATTERN_SIZE_MAX}; {shorter}"


def route_has_too_many_patterns(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    count = sum(1 for _ in _patterns(route))
    if count > ROUTE_PATTERNS_MAX:
        yield "spec", f"has {count} patterns, more than {ROUTE_PATTERNS_MAX}; use Exact or Prefix, or split the Route"


def _patterns(route: Route) -> Iterator[tuple[str, str]]:
    """The patterns of a Route, each with its field."""
    spec = route.spec
    places: tuple[tuple[str, tuple[RoutePath | HeaderMatch | QueryParamMatch, ...]], ...] = (
        ("paths", spec.paths),
        ("headers", spec.headers),
        ("queryParams", spec.query_params),
    )
    for name, matches in places:
        for index, match in enumerate(matches):
            if match.type == "Regex":
                yield f"spec.{name}[{index}].value", match.value


def value_holds_control_characters(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    for index, match in enumerate(route.spec.headers):
        if not NO_CONTROLS.match(match.value):
            yield f"spec.headers[{index}].value", "must not contain control characters; a header value can't"


def value_has_outer_spaces(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    for index, match in enumerate(route.spec.headers):
        if match.type == "Exact" and match.value != match.value.strip(" \t"):
            # RFC 9110, section 5.5: "A field value does not include leading or trailing whitespace."
            yield f"spec.headers[{index}].value", "must not begin or end with a space; no header value does"


def match_contradicts_another(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    lists: tuple[tuple[str, tuple[HeaderMatch | QueryParamMatch, ...]], ...] = (
        ("headers", route.spec.headers),
        ("queryParams", route.spec.query_params),
    )
    for field, matches in lists:
        wanted: dict[str, str] = {}
        for index, match in enumerate(matches):
            name = match.name.lower() if isinstance(match, HeaderMatch) else match.name
            if match.type == "Exact" and wanted.setdefault(name, match.value) != match.value:
                yield f"spec.{field}[{index}]", f"asks for another value of {name} than one before; remove one"


def method_is_refused_anyway(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    for index, method in enumerate(route.spec.methods):
        if method in ("CONNECT", "TRACE"):
            yield f"spec.methods[{index}]", f"{method} is refused on every route; remove it"


def method_is_named_twice(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    yield from duplicates("spec.methods", route.spec.methods)


ROUTE_CHECKS = (
    path_can_never_match,
    regex_is_invalid,
    pattern_can_never_match,
    pattern_is_too_large,
    route_has_too_many_patterns,
    value_holds_control_characters,
    value_has_outer_spaces,
    match_contradicts_another,
    method_is_refused_anyway,
    method_is_named_twice,
    protected_resource_is_of_a_route,
    *UPSTREAM_CHECKS,
    *BLOCK_CHECKS,
)
