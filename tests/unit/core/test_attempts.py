"""`retry` and `timeouts` of Service and Route, from the manifest to the route of the snapshot."""

from __future__ import annotations

import msgspec
import pytest

from manifests import compiled, mistakes, route, service
from postern_core.snapshot_attempts import Retry, Timeouts

RETRY = {"codes": [503, 502], "attempts": 3}
TIMES = {"request": "1m", "backendRequest": "1500ms"}


def attempts_of(service_, route_):
    [entry] = compiled(service_, route_).snapshot.routes
    return entry.retry, entry.timeouts


@pytest.mark.parametrize(
    ("of_service", "of_route", "retry", "timeouts"),
    [
        ({}, {}, None, None),
        ({"retry": RETRY, "timeouts": TIMES}, {}, Retry((502, 503), 3), Timeouts(60_000, 1_500)),
        ({}, {"retry": RETRY, "timeouts": TIMES}, Retry((502, 503), 3), Timeouts(60_000, 1_500)),
        ({"retry": RETRY, "timeouts": TIMES}, {"retry": {"codes": []}, "timeouts": {}}, None, None),
        ({"timeouts": TIMES}, {"timeouts": {"backendRequest": "1s"}}, None, Timeouts(None, 1_000)),
    ],
)
def test_a_block_of_a_route_replaces_that_of_its_service(of_service, of_route, retry, timeouts):
    """Nothing of the Service's block is inherited beside that of the Route, and an empty one switches it off."""
    assert (retry, timeouts) == attempts_of(service(**of_service), route(**of_route))


def test_what_is_not_used_is_not_in_the_bytes():
    """A snapshot without attempts can be read by a data plane that does not know them."""
    content = msgspec.json.encode(compiled(service(), route()).snapshot)
    assert b'retry"' not in content
    assert b'timeouts"' not in content


@pytest.mark.parametrize(
    ("spec", "field", "message"),
    [
        ({"timeouts": {"request": "0s"}}, "spec.timeouts.request", "must be longer than 0s"),
        ({"timeouts": {"backendRequest": "0ms"}}, "spec.timeouts.backendRequest", "must be longer than 0s"),
        (
            {"timeouts": {"request": "1s", "backendRequest": "1001ms"}},
            "spec.timeouts.backendRequest",
            "must not be longer than request, which all attempts have together",
        ),
        ({"retry": {"codes": [399]}}, "spec.retry.codes[0]", "must be an integer >= 400"),
        ({"retry": {"codes": [500], "attempts": 0}}, "spec.retry.attempts", "must be an integer >= 1"),
    ],
)
def test_a_mistake_is_named(spec, field, message):
    """A Service and a Route say the same of the same block."""
    assert message == mistakes(service(**spec), route())[field] == mistakes(service(), route(**spec))[field]


def test_a_place_that_is_refused_has_no_attempts():
    """A refused route answers by itself, so that its entry says nothing of attempts."""
    entry = compiled(
        service(upstream={"service": {"name": "gone", "port": 80}}, retry=RETRY, timeouts=TIMES), route()
    ).snapshot.routes[0]
    assert entry.refusal
