"""What can be wrong with a `cors` block by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from postern_core.resources.cors import DEFAULT_PORT, Cors

from .duplicates import duplicates

AT = "spec.cors"
_DEFAULT_PORT = re.compile(DEFAULT_PORT)


def block_is_wrong(cors: Cors) -> Iterator[tuple[str, str]]:
    """Every violation of a `cors` block; the fields are below `spec.cors`."""
    for violation in CORS_CHECKS:
        for field, message in violation(cors):
            yield f"{AT}.{field}", message


def credentials_go_to_every_origin(cors: Cors) -> Iterator[tuple[str, str]]:
    # The Fetch standard, section 3.2: with credentials * means only itself.
    if cors.allow_credentials and any("*" in values for _, values in _lists(cors)):
        wrong = "allows no * in any list, as browsers take none together with credentials; name what is meant"
        yield "allowCredentials", wrong


def origin_names_the_default_port(cors: Cors) -> Iterator[tuple[str, str]]:
    for index, origin in enumerate(cors.allow_origins):
        if _DEFAULT_PORT.match(origin):
            yield f"allowOrigins[{index}]", "names the port that browsers leave out of an origin; remove it"


def value_is_named_twice(cors: Cors) -> Iterator[tuple[str, str]]:
    for name, values in _lists(cors):
        yield from duplicates(name, values)


def _lists(cors: Cors) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("allowOrigins", cors.allow_origins),
        ("allowMethods", cors.allow_methods),
        ("allowHeaders", cors.allow_headers),
        ("exposeHeaders", cors.expose_headers),
    )


CORS_CHECKS = (credentials_go_to_every_origin, origin_names_the_default_port, value_is_named_twice)
