"""The blocks `requestHeaders` and `responseHeaders`: what of them is refused, and which filters they become."""

from __future__ import annotations

import pytest

from manifests import compiled, mistakes, route, service
from postern_core.header_names import BEYOND_REQUEST_FILTERS, BEYOND_RESPONSE_FILTERS
from postern_core.link.routes import place_of
from postern_core.snapshot_filters import HeaderField, RequestHeaders, ResponseHeaders

SET = {"set": [{"name": "X-A", "value": "1"}]}
BOTH = ("requestHeaders", "responseHeaders")


def filters_of(service_spec, **route_spec):
    """The filters of the one route of a Service."""
    [entry] = compiled(service(**service_spec), route(**route_spec)).snapshot.routes
    return entry.filters


def naming(name):
    """A block for each list that may name a header."""
    return [{"set": [{"name": name, "value": "a"}]}, {"add": [{"name": name, "value": "a"}]}, {"remove": [name]}]


@pytest.mark.parametrize("name", [*sorted(BEYOND_REQUEST_FILTERS), "x-forwarded-client-cert"])
def test_what_only_the_gateway_says_of_a_request_is_refused(name):
    """No spelling of a field that says who calls, for whom or how the message is framed can be written or removed."""
    for spelling in (name, name.upper(), name.replace("-", "_"), name.replace("-", ".").title()):
        for block in naming(spelling):
            [field] = mistakes(service(requestHeaders=block))
            assert field.startswith(f"spec.requestHeaders.{next(iter(block))}[0]")
            assert [field] == list(mistakes(service(), route(requestHeaders=block)))


@pytest.mark.parametrize("name", [*sorted(BEYOND_RESPONSE_FILTERS), "access-control-allow-origin"])
def test_what_frames_a_response_or_lets_pages_in_is_refused(name):
    """Framing, the connection, the handshake of a WebSocket and CORS can be neither written nor removed."""
    for spelling in (name, name.upper(), name.replace("-", "_")):
        for block in naming(spelling):
            assert 1 == len(mistakes(service(responseHeaders=block)))


@pytest.mark.parametrize("block", BOTH)
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"set": [{"name": "X-A", "value": "a\r\nX-B: b"}]}, ".set[0].value"),
        ({"set": [{"name": "X-A", "value": "a\n"}]}, ".set[0].value"),
        ({"set": [{"name": "X-A", "value": ""}]}, ".set[0].value"),
        ({"set": [{"name": "X-A", "value": " a"}]}, ".set[0].value"),
        ({"set": [{"name": "X-A", "value": "ä"}]}, ".set[0].value"),
        ({"set": [{"name": "X-A", "value": "a" * 4097}]}, ".set[0].value"),
        ({"add": [{"name": "X-A: b", "value": "a"}]}, ".add[0].name"),
        ({"remove": ["X A"]}, ".remove[0]"),
        ({"remove": [""]}, ".remove[0]"),
        ({"remove": [f"X-{number}" for number in range(17)]}, ".remove"),
        ({"replace": []}, ".replace"),
    ],
)
def test_what_is_no_field_is_refused(block, changes, field):
    """A name is a token, a value one line of printable ASCII, and a list has a bound."""
    assert f"spec.{block}{field}" in mistakes(service(**{block: changes}))


@pytest.mark.parametrize("block", BOTH)
def test_a_name_stands_in_one_list(block):
    """Which of two changes of one name comes first would be a riddle; names are compared without case."""
    for twice in (
        SET | {"remove": ["x-a"]},
        SET | {"add": [{"name": "X-a", "value": "2"}]},
        {"remove": ["A", "a"]},
        {"add": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]},
    ):
        assert "twice" in mistakes(service(**{block: twice}))[f"spec.{block}"]


@pytest.mark.parametrize("block", BOTH)
def test_what_is_written_has_a_bound(block):
    """A filter lets no head grow by more than eight kilobytes."""
    fields = [{"name": "A", "value": "a" * 4095}, {"name": "B", "value": "a" * 4095}]
    assert {} == mistakes(service(**{block: {"set": fields}}))
    fields[1]["value"] += "a"
    assert [f"spec.{block}"] == list(mistakes(service(**{block: {"set": fields}})))


def test_a_block_of_a_route_replaces_that_of_the_service():
    """Each block is replaced whole and by itself; the empty one changes nothing."""
    both = {"requestHeaders": SET, "responseHeaders": {"remove": ["Server"]}}
    request = RequestHeaders(set=(HeaderField("X-A", "1"),))
    response = ResponseHeaders(remove=("server",))
    assert (request, response) == filters_of(both)
    assert (RequestHeaders(remove=("x-b",)), response) == filters_of(both, requestHeaders={"remove": ["X-B"]})
    assert (request,) == filters_of(both, responseHeaders={})
    assert () == filters_of(both, responseHeaders={}, requestHeaders={"set": []})
    assert () == filters_of({})


@pytest.mark.parametrize("changes", [{"sets": []}, {"set": "X-A"}, [], None])
def test_a_block_that_can_not_be_read_refuses_the_route(changes):
    """A filter may keep a header from an application that must not see it, so requests without it are refused."""
    for documents in (
        [service(requestHeaders=SET), route(requestHeaders=changes)],
        [service(requestHeaders=changes), route()],
    ):
        [entry] = compiled(*documents).snapshot.routes
        assert (True, ()) == (bool(entry.refusal), entry.filters)


def test_a_refused_place_has_no_filters():
    """What refuses needs nothing but its place."""
    [entry] = compiled(service(requestHeaders=SET), route()).snapshot.routes
    assert () == place_of(entry, "because").filters
