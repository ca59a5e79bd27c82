"""What can be wrong with a `responses` block by itself."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.responses import BODY_BYTES_MAX, Responses

from .duplicates import duplicates

AT = "spec.responses.bodies"


def wrong_with_responses(responses: Responses) -> Iterator[tuple[str, str]]:
    """Every violation of a `responses` block."""
    for violation in RESPONSES_CHECKS:
        yield from violation(responses)


def status_is_named_twice(responses: Responses) -> Iterator[tuple[str, str]]:
    yield from duplicates(AT, [str(one.status) for one in responses.bodies])


def body_is_too_long(responses: Responses) -> Iterator[tuple[str, str]]:
    for index, one in enumerate(responses.bodies):
        if len(one.body.encode()) > BODY_BYTES_MAX:
            yield f"{AT}[{index}].body", f"has more than {BODY_BYTES_MAX:,} bytes as UTF-8; shorten it"


RESPONSES_CHECKS = (status_is_named_twice, body_is_too_long)
