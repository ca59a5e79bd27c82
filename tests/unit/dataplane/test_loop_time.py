"""The worst that one request can hold the event loop, for every kind of match: below 5 ms of processor time.

Each text is the worst for what it is tried on, within the sizes that a client may send and a tenant may write.
Measured is the processor's time for this thread, the least of several runs, so that a busy machine changes little;
texts and tables are new in each run, so that no cache helps.
"""

from __future__ import annotations

import random
import time

import pytest

from heads import NOW_S, head
from postern_core.pattern_limits import HOST_SIZE_MAX, PATTERN_SIZE_MAX, ROUTE_PATTERNS_MAX, WORK_MAX
from postern_core.snapshot import Backend, Endpoint, Endpoints, PathMatch, Route, Snapshot, ValueMatch
from postern_dataplane.config.patterns import compile_pattern
from postern_dataplane.config.table import build_table
from postern_dataplane.policy.decide import decide

LIMIT_S = 0.005
RUNS = 7


def least(make):
    """The least time of several runs; each gets what it runs from `make`, which is not measured."""
    times = []
    for run in range(RUNS):
        compile_pattern.cache_clear()
        work = make(random.Random(run))
        began = time.thread_time()
        work()
        times.append(time.thread_time() - began)
    return min(times)


def route(number=0, **fields):
    fields = {"paths": (PathMatch(type="Prefix", value="/"),)} | fields
    return Route(
        id=f"Route/n/{number}", namespace="n", name=str(number), created="", hosts=("*",), backend="b", service="b",
        **fields,
    )  # fmt: skip


def table_of(*routes, **more):
    backend = (Backend(id="b"),), (Endpoints(id="b", endpoints=(Endpoint(address="192.0.2.1", port=1),)),)
    snapshot = Snapshot(gateway="g", routes=routes, backends=backend[0], endpoints=backend[1], **more)
    return build_table(snapshot, "d")


def largest(count):
    """So many patterns with all the instructions that a host may have; each byte of a text is a new state to RE2."""
    each = min(HOST_SIZE_MAX // count, PATTERN_SIZE_MAX)
    patterns = []
    for number in range(count):
        repeats = each
        while compile_pattern(made := f"/?[ab]*a[ab]{{{repeats}}}{number}").programsize > each:
            repeats -= 1
        patterns.append(made)
    return patterns


def text_for(patterns, chance):
    """The longest text that these are tried on."""
    size = sum(compile_pattern(pattern).programsize for pattern in patterns)
    return "".join(chance.choices("ab", k=WORK_MAX // size - 1))


@pytest.mark.parametrize("count", [1, 2, 5, ROUTE_PATTERNS_MAX])
def test_patterns_of_paths(count):
    """As large and as many as are accepted, on the longest path that is tried."""

    def make(chance):
        patterns = largest(count)
        table = table_of(route(paths=tuple(PathMatch(type="Regex", value=it) for it in patterns)))
        request = head(f"/{text_for(patterns, chance)}")
        return lambda: decide(request, table, NOW_S)

    assert LIMIT_S > least(make)


@pytest.mark.parametrize("where", ["headers", "query_params"])
def test_patterns_of_values(where):
    """As large and as many as are accepted, on the longest value that is tried."""

    def make(chance):
        patterns = largest(2)
        matches = [(ValueMatch(name="x-a", type="Regex", value=it),) for it in patterns]
        table = table_of(*(route(number, **{where: it}) for number, it in enumerate(matches)))
        text = text_for(patterns, chance)
        request = head("/", ("x-a", text)) if where == "headers" else head(f"/?x-a={text}")
        return lambda: decide(request, table, NOW_S)

    assert LIMIT_S > least(make)
