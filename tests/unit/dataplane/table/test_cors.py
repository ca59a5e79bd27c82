"""What a route's `cors` says to pages of which origins."""

from __future__ import annotations

import tracemalloc

import pytest

from postern_core.snapshot_callers import Cors
from postern_dataplane.table.cors import VARY, CompiledCors, compiled_cors

NAMED = Cors(("https://a.example", "https://*.b.example", "http://*.c.example:8080"), methods=("PUT",))


def allowed(cors, origin):
    return dict(cors.answer(origin)).get(b"Access-Control-Allow-Origin")


@pytest.mark.parametrize(
    "origin",
    ["https://a.example", "https://x.b.example", "https://x.y-z.b.example", "http://x.c.example:8080"],
)
def test_an_allowed_origin_is_echoed_alone(origin):
    """Browsers take one origin in an answer, never a list."""
    assert origin.encode() == allowed(CompiledCors(NAMED), origin.encode())
    assert ((b"Access-Control-Allow-Origin", origin.encode()), *VARY) == CompiledCors(NAMED).answer(origin.encode())


@pytest.mark.parametrize(
    "origin",
    [
        "https://b.example", "https://.b.example", "https://x..b.example", "https://xb.example", "http://x.b.example",
        "https://x.b.example:443", "https://x.b.example.evil.example", "https://evil.example/.b.example",
        "https://evil.example?.b.example", "https://u@x.b.example", "https://X.b.example", "https://a.example.",
        "https://*.b.example", "http://x.c.example", "null", "*", "", "https://x.bxexample", "https://x.b.example\n",
        "https://" + "a." * 200 + "b.example",
    ],
)  # fmt: skip
def test_no_other_origin_is_allowed(origin):
    """An answer that allows nothing varies by origin all the same, or a cache would show it to those allowed."""
    assert VARY == CompiledCors(NAMED).answer(origin.encode())
    assert VARY == CompiledCors(NAMED).preflight(origin.encode())


def test_every_origin_gets_the_same():
    """Where every origin is allowed, one answer is good for all, named ones and none, so it has no Vary."""
    cors = CompiledCors(Cors(("https://a.example", "*", "https://*.b.example"), expose_headers=("*",)))
    same = ((b"Access-Control-Allow-Origin", b"*"), (b"Access-Control-Expose-Headers", b"*"))
    origins = (None, b"https://a.example", b"https://x.b.example", b"null")
    assert [same] * 4 == [cors.answer(origin) for origin in origins]


def test_a_preflight_is_told_what_is_allowed():
    """A preflight's answer names methods, headers and age, and leaves out what nothing is allowed of."""
    entry = Cors(("https://a.example",), ("GET", "PUT"), ("X-A", "X-B"), credentials=True, max_age_s=60)
    assert [
        (b"Access-Control-Allow-Origin", b"https://a.example"), (b"Access-Control-Allow-Credentials", b"true"), *VARY,
        (b"Access-Control-Allow-Methods", b"GET, PUT"), (b"Access-Control-Allow-Headers", b"X-A, X-B"),
        (b"Access-Control-Max-Age", b"60"),
    ] == list(CompiledCors(entry).preflight(b"https://a.example"))  # fmt: skip


def test_origins_that_clients_make_up_are_not_remembered():
    """A million origins below a wildcard leave memory flat: only origins that are named are prepared."""
    cors = CompiledCors(NAMED)
    before = len(cors._answers)
    for number in range(1_000):
        assert allowed(cors, b"https://x%d.b.example" % number)
    assert before == len(cors._answers)


def test_routes_share_what_is_prepared():
    """Most routes have that of their service."""
    assert compiled_cors(NAMED) is compiled_cors(Cors(NAMED.origins, methods=("PUT",)))


@pytest.mark.parametrize("origins", [("https://a.example", "https://*.b.example"), ("*",)])
def test_origins_that_clients_make_up_leave_nothing_behind(origins):
    """However many origins come, allowed ones and others, and with preflights: the memory stays as it was."""
    cors = CompiledCors(Cors(origins, methods=("PUT",)))

    def ask(numbers):
        for number in numbers:
            for origin in (b"https://x%d.b.example" % number, b"https://evil%d.example" % number):
                cors.answer(origin)
                cors.preflight(origin)

    ask(range(100))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        ask(range(100, 20_000))
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 2_000
