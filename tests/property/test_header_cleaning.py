"""Who calls, for whom and framed how is said by the gateway alone."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from heads import PROTECTED, bearer, head, sent, signed, table
from manifests import route, service
from postern_core.header_names import FORWARDED, FRAMING, HOP_BY_HOP, IDENTITY

OURS = sorted(IDENTITY | {"x-user"})
FRAMED = sorted((HOP_BY_HOP | FRAMING) - {"expect", "host"})
ADDRESSED = sorted(FORWARDED)
FORWARDING = {"mode": "Optional", "forwardClaims": [{"claim": "sub", "header": "X-User"}]}
MANIFESTS = (service(), route(auth={"jwt": FORWARDING}), *PROTECTED[2:])
OPEN_ROUTE = route("open", paths=[{"type": "Exact", "value": "/open"}])
STRANGERS = table(*MANIFESTS, OPEN_ROUTE)
PROXIED = table(*MANIFESTS, OPEN_ROUTE, trusted=("192.0.2.1",))
TOKEN = bearer(signed(sub="u"))
EVIL = "evil"


@st.composite
def spelled(draw, names):
    """A name in any case, with any sign that a header name may have in place of each dash."""
    name = draw(st.sampled_from(names))
    return "".join(
        draw(st.sampled_from("-_.!~|")) if char == "-" else draw(st.sampled_from([char, char.upper()])) for char in name
    )


def canonical(name):
    return re.sub(r"[^a-z0-9]", "-", name.lower())


NAMED = st.lists(spelled(OURS + ADDRESSED), max_size=3).map(lambda names: ("Connection", ", ".join(names)))
TABLES = st.sampled_from([STRANGERS, PROXIED])


@given(TABLES, st.lists(spelled(OURS), min_size=1, max_size=4), NAMED, st.booleans(), st.sampled_from(["/", "/open"]))
def test_no_spelling_of_an_identity_survives(table_, names, named, has_token, path):
    """With a token or without, on an open route too; and with one our own values are there."""
    lines = [(name, EVIL) for name in names] + [named] + ([TOKEN] if has_token else [])
    fields = sent(table_, head(path, *lines))[1]
    assert EVIL not in {value for _, value in fields}
    told = [value for name, value in fields if canonical(name) in {"x-consumer-username", "x-user"}]
    assert (["alice", "u"] if has_token and path == "/" else []) == told


@given(st.lists(spelled(ADDRESSED), min_size=1, max_size=4), NAMED)
def test_a_stranger_says_nothing_of_its_client(names, named):
    """In no spelling, and ours are there whatever Connection names."""
    fields = sent(STRANGERS, head("/", *((name, EVIL) for name in names), named))[1]
    assert EVIL not in {value for _, value in fields}
    told = [value for name, value in fields if canonical(name).startswith("x-forwarded-")]
    assert ["192.0.2.1", "http", "app.example.com", "80"] == told


@given(st.lists(spelled(ADDRESSED), min_size=1, max_size=4), NAMED)
def test_a_proxy_s_word_counts_in_its_own_spelling_alone(names, named):
    """Each is there once, whoever wrote it."""
    fields = sent(PROXIED, head("/", *((name, EVIL) for name in names), named))[1]
    told = [name.lower() for name, _ in fields if canonical(name) in ADDRESSED]
    assert set(told) <= set(ADDRESSED)
    assert {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"} <= set(told)
    chain = next(value for name, value in fields if name.lower() == "x-forwarded-for")
    said = sum(name.lower() == "x-forwarded-for" for name in names)
    assert [EVIL] * said + ["192.0.2.1"] == chain.split(", ")


@given(TABLES, st.lists(spelled(FRAMED), min_size=1, max_size=4), st.sampled_from([None, 0, 7]))
def test_no_spelling_of_framing_survives(table_, names, length):
    """A server behind frames by what we say."""
    fields = sent(table_, head("/", *((name, EVIL) for name in names), content_length=length))[1]
    framing = [(name, value) for name, value in fields if canonical(name) in FRAMED]
    assert ([] if length is None else [("Content-Length", str(length))]) == framing


NAMES = st.from_regex(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}", fullmatch=True)
VALUES = st.binary(max_size=8).map(lambda it: it.translate(None, b"\r\n\0"))


@given(st.lists(st.tuples(NAMES.map(lambda it: f"A-{it}"), VALUES), max_size=6))
def test_everything_else_goes_on_as_it_came(lines):
    """In its order, its case and its bytes."""
    fields = sent(STRANGERS, head("/", *lines))[1]
    assert [(name, value.decode("latin-1")) for name, value in lines] == fields[1 : 1 + len(lines)]
