"""What can be wrong with the blocks `requestHeaders` and `responseHeaders` by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.header_names import canonical, is_beyond_request_filters, is_beyond_response_filters
from postern_core.resources.filter_blocks import RouteFilters, ServiceFilters
from postern_core.resources.header_changes import CHANGES_BYTES_MAX, RequestHeaders, ResponseHeaders
from postern_core.resources.upstreams import WeightedUpstream

from .duplicates import duplicates

HeaderChanges = RequestHeaders | ResponseHeaders
Changing = ServiceFilters | RouteFilters | WeightedUpstream


def wrong_with_both(at: str, owner: Changing) -> Iterator[tuple[str, str]]:
    """Every violation of the two blocks below this field."""
    if owner.request_headers:
        yield from wrong_with_changes(f"{at}.requestHeaders", owner.request_headers)
    if owner.response_headers:
        yield from wrong_with_changes(f"{at}.responseHeaders", owner.response_headers)


def wrong_with_changes(at: str, changes: HeaderChanges) -> Iterator[tuple[str, str]]:
    """Every violation of a block at this field."""
    for violation in HEADER_CHECKS:
        for field, message in violation(changes):
            yield f"{at}.{field}" if field else at, message


def request_header_is_of_the_gateway(changes: HeaderChanges) -> Iterator[tuple[str, str]]:
    if isinstance(changes, RequestHeaders):
        for field, name in _named(changes):
            if is_beyond_request_filters(name):
                why = "as it says who calls, for whom, or how the message is framed"
                yield field, f"names a header that only the gateway sets, {why}; remove it"


def response_header_is_of_the_gateway(changes: HeaderChanges) -> Iterator[tuple[str, str]]:
    if isinstance(changes, ResponseHeaders):
        for field, name in _named(changes):
            if is_beyond_response_filters(name) or canonical(name).startswith("access-control-"):
                what = "a header of framing or of the connection, or one of CORS, which is said by cors"
                yield field, f"names {what}; remove it"


def header_is_changed_twice(changes: HeaderChanges) -> Iterator[tuple[str, str]]:
    if list(duplicates("", [name.lower() for _, name in _named(changes)])):
        yield "", "names a header twice; name it once, in set, add or remove"


def header_changes_are_too_large(changes: HeaderChanges) -> Iterator[tuple[str, str]]:
    if sum(len(it.name) + len(it.value) for it in (*changes.set, *changes.add)) > CHANGES_BYTES_MAX:
        yield "", f"writes more than {CHANGES_BYTES_MAX:,} bytes of names and values; shorten them"


def _named(changes: HeaderChanges) -> Iterator[tuple[str, str]]:
    """The names of a block, each with its field."""
    for part, fields in (("set", changes.set), ("add", changes.add)):
        for index, it in enumerate(fields):
            yield f"{part}[{index}].name", it.name
    for index, name in enumerate(changes.remove):
        yield f"remove[{index}]", name


HEADER_CHECKS = (
    request_header_is_of_the_gateway,
    response_header_is_of_the_gateway,
    header_is_changed_twice,
    header_changes_are_too_large,
)
