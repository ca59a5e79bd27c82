"""The worst that one request can hold the event loop, for every kind of match: below 5 ms of processor time.

Each text is the worst for what it is tried on, within the sizes that a client may send and a tenant may write.
Measured is the processor's time for this thread, the least of several runs, as where nothing else runs;
texts and tables are new in each run, so that no cache helps.
"""

from __future__ import annotations

import base64
import random
import sys
import time

import pytest

from heads import NOW_S, head
from postern_core.pattern_limits import HOST_SIZE_MAX, PATTERN_SIZE_MAX, ROUTE_PATTERNS_MAX, WORK_MAX
from postern_core.snapshot import (
    Backend,
    ClaimMatch,
    Endpoint,
    Endpoints,
    ForwardClaim,
    PathMatch,
    Policy,
    Route,
    Snapshot,
    TokenSource,
    ValueMatch,
)
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.verification_cache import NullCache
from postern_dataplane.jwt.claim_checks import ClaimsContext, audience_is_another
from postern_dataplane.jwt.claim_values import ClaimHeader, ClaimTest
from postern_dataplane.jwt.compact import MalformedToken, read_token
from postern_dataplane.table.re2_pattern import compile_pattern
from postern_dataplane.table.routing_table import build_table
from processor_time import LeastTime

LIMIT_S = 0.005
# For what was cheap to send and dear to read.
CHEAP_S = 0.002
# The same for what is read of a target.
TARGET_S = 0.0013
RUNS = 12
# Between groups of runs, so that what fills the caches of the processor meanwhile is over for one of them.
PAUSE_S, GROUP = 0.1, 4


def least(make):
    """The least time of several runs; each gets what it runs from `make`, which is not measured."""
    times = LeastTime()
    for run in range(RUNS):
        if run and run % GROUP == 0:
            time.sleep(PAUSE_S)
        compile_pattern.cache_clear()
        work = make(random.Random(run))
        tracer = sys.gettrace()
        sys.settrace(None)  # the time of the code, and not of what measures its coverage
        times.measure(work)
        sys.settrace(tracer)
    return times.seconds


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
        return lambda: decide(request, table, NullCache(), NOW_S)

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
        return lambda: decide(request, table, NullCache(), NOW_S)

    assert LIMIT_S > least(make)


# As many places as a policy may have, of which most look where the texts below are.
PLACES = (
    TokenSource(kind="header", name="authorization"),
    *(TokenSource(kind="cookie", name=name) for name in ("s", "t", "u")),
    *(TokenSource(kind="query", name=name) for name in ("s", "t", "u", "v")),
)
POLICY = Policy(id="p", namespace="n", places=PLACES, mode="Optional", strip_credentials=True)
# Sizes are those of `Limits`: lines of 16 KiB and 64 KiB in all, a target of 8 KiB; and of `request_head`: 1,000
# cookies and 100 names in Connection.
HEADS = {
    "cookies without a name": [("Cookie", ";" * 1_000 + "a" * 15_000), *[("Cookie", "a" * 16_000)] * 3],
    "cookies": [("Cookie", "a;" * 250 + "a" * 15_000)] * 4,
    "cookies without a value": [("Cookie", "=;" * 250 + "=" * 15_000)] * 4,
    "cookies with a name": [("Cookie", "s;" * 250)] * 4,
    "white space in cookies": [("Cookie", (";" + " " * 60) * 250)] * 4,
    "names of header fields": [("Connection", "a," * 25 + "a" * 15_000)] * 4,
    "many header fields": [(f"a{number}", "b" * 600) for number in range(99)],
    "a list of addresses": [("X-Forwarded-For", "1," * 8_000)] * 4,
}
TARGETS = {
    "parameters without a name": "/?" + "&" * 8_100,
    "escapes in parameters": "/?" + "%41&" * 2_000,
    "parameters with a name": "/?" + "v&" * 4_000,
    "dot segments": "/" + "a/../" * 1_600,
    "empty segments": "/" * 8_100,
    "escapes": "/" + "%41" * 2_700,
    "escapes that stay": "/" + "%c3" * 2_700,
    "escapes in segments": "/" + "%c3/" * 2_000,
    "segments that begin with dots": "/" + "..a/" * 2_000,
    "encoded slashes": "/" + "%2f" * 2_700,
    "dots behind encoded slashes": "/" + "%2F." * 2_000,
    "backslashes": "/" + "\\" * 8_000,
    "segments": "/" + "a/" * 4_000,
}


@pytest.mark.parametrize("fields", HEADS.values(), ids=HEADS)
def test_headers(fields):
    """48 KB of `;` in cookies and the like, on a route whose policy looks for a token everywhere and takes it out."""
    request, table = head("/", *fields), table_of(route(policy="p"), policies=(POLICY,))
    assert CHEAP_S > least(lambda _: lambda: decide(request, table, NullCache(), NOW_S))


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_targets(target):
    """Paths and queries are read in bounded time, 8 KB of escapes in less than a millisecond."""
    request, table = head(target), table_of(route(policy="p"), policies=(POLICY,))
    assert TARGET_S > least(lambda _: lambda: decide(request, table, NullCache(), NOW_S))


TOKENS = {
    "brackets in a text": '{"a":"' + "[" * 12_000 + '"}',
    "brackets": '{"a":[' + "[]," * 4_000 + "[]]}",
    "brackets that do not end": "[" * 12_000,
    "objects": '{"a":[' + "{}," * 4_000 + "{}]}",
    "objects with members": '{"a":[' + '{"":1},' * 1_700 + "{}]}",
    "texts": '{"a":[' + '"[",' * 3_000 + '""]}',
    "escapes": '{"a":"' + "\\\\" * 6_000 + '"}',
    "members": "{" + ",".join(f'"{number:x}":1' for number in range(1_350)) + "}",
    "numbers": '{"a":[' + "1e9," * 3_000 + "1]}",
    "a long number": '{"exp":' + "9" * 4_000 + "}",
}


@pytest.mark.parametrize("payload", TOKENS.values(), ids=TOKENS)
def test_tokens(payload):
    """Nobody needs to have signed them."""
    segments = (base64.urlsafe_b64encode(it.encode()).rstrip(b"=").decode() for it in ('{"alg":"HS256"}', payload))
    token = ".".join(segments) + "."

    def read():
        try:
            read_token(token)
        except MalformedToken:
            return

    assert LIMIT_S > least(lambda _: read)


@pytest.mark.parametrize("target", ["/?" + "&" * 8_100, "/?" + "a&" * 4_000], ids=["nameless", "named"])
def test_a_query_of_ampersands(target):
    """As long as a request line may be: less than a millisecond, as the search is one for all parameters."""
    request, table = head(target), table_of(route(policy="p"), policies=(POLICY,))
    assert CHEAP_S > least(lambda _: lambda: decide(request, table, NullCache(), NOW_S))


def test_a_token_of_brackets():
    """More than any token has are counted, and not looked at."""
    payload = base64.urlsafe_b64encode(b"[" * 12_000).rstrip(b"=").decode()

    def read():
        with pytest.raises(MalformedToken, match="more lists and objects"):
            read_token(f"eyJhbGciOiJIUzI1NiJ9.{payload}.")

    assert CHEAP_S > least(lambda _: read)


HEADERS = [("long", ""), ("number", ""), ("aud", ","), ("numbers", ",")]


def test_claims():
    """Long lists and scopes, compared with as many values as a policy may have; and what is sent on of them."""
    values = tuple(f"v{number}" for number in range(256))
    policy = Policy(id="p", namespace="n", places=(), audiences=values)
    claims = {"scope": "a " * 6_000, "aud": ["a"] * 3_000, "long": "a" * 12_000, "number": int("9" * 4_000)}
    claims["numbers"] = [1.5] * 256
    context = ClaimsContext()
    context.claims, context.policy = claims, policy
    tests = [ClaimTest(ClaimMatch(name=name, any_of=values)) for name in ("scope", "aud")]
    headers = [ClaimHeader(ForwardClaim(claim=name, header="x", join=join)) for name, join in HEADERS]

    def check():
        audience_is_another(context)
        for _ in range(8):
            for test in tests:
                test.holds(claims)
        for _ in range(8):
            for header in headers:
                header.value(claims)

    assert LIMIT_S > least(lambda _: check)
