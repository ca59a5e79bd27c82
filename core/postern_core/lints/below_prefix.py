"""What of a Route's paths can never match where they stand, below the prefix of its Service."""

from __future__ import annotations

import re
from collections.abc import Iterator

from postern_core.link.services import ServicePlace
from postern_core.paths import DOUBLE_ENCODING, PATH_PARAMETER
from postern_core.resources.route import RouteSpec


def path_repeats_the_prefix(route: RouteSpec, place: ServicePlace) -> Iterator[tuple[str, str]]:
    prefix = place.path_prefix.rstrip("/")
    for index, path in enumerate(route.paths if prefix else ()):
        if path.value == prefix or path.value.startswith(f"{prefix}/"):
            rest = path.value[len(prefix) :] or "/"
            message = f"stands below the Service's pathPrefix, so that it takes {prefix}{path.value}; write {rest}"
            yield f"spec.paths[{index}].value", message


def encoded_slash_is_refused(route: RouteSpec, place: ServicePlace) -> Iterator[tuple[str, str]]:
    for index, path in enumerate(() if place.keep_encoded_slashes else route.paths):
        if "%2F" in path.value or "%5C" in path.value:
            message = "holds an encoded slash, which the Service refuses; set its encodedSlashes to Keep"
            yield f"spec.paths[{index}].value", message


def path_parameter_is_refused(route: RouteSpec, place: ServicePlace) -> Iterator[tuple[str, str]]:
    if place.refuse_path_parameters:
        yield from _refused(route, PATH_PARAMETER, "holds a path parameter", "pathParameters")


def double_encoding_is_refused(route: RouteSpec, place: ServicePlace) -> Iterator[tuple[str, str]]:
    if place.refuse_double_encoding:
        yield from _refused(route, DOUBLE_ENCODING, "holds an escape within an escape", "doubleEncoding")


def _refused(route: RouteSpec, refused: re.Pattern[str], what: str, field: str) -> Iterator[tuple[str, str]]:
    """A pattern is left aside: what it holds need not be in a path that it matches, as the `;` of `[^;]+`."""
    for index, path in enumerate(route.paths):
        if path.type != "Regex" and refused.search(path.value):
            yield f"spec.paths[{index}].value", f"{what}, which the Service refuses; set its {field} to Keep"


PLACE_LINTS = (
    path_repeats_the_prefix,
    encoded_slash_is_refused,
    path_parameter_is_refused,
    double_encoding_is_refused,
)
