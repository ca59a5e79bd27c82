"""Whatever comes, there is a decision, and nobody passes without a token that was signed."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cases import Token
from heads import NOW_S, PROTECTED, bearer, head, outcome, protected, table
from manifests import SECRET, route, service
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.outcome import Forward, Reject
from postern_dataplane.decision.verification_cache import NullCache
from postern_dataplane.jwt.compact import MalformedToken, read_token
from tokens import MANGLES, encode, mint

GATE = table(*PROTECTED)
OPEN = table(service(hosts=["*.example.com"], encodedSlashes="Keep"), route(), trusted=("10.0.0.0/8",))
STRIPPING = protected(mode="Permissive", stripCredentials=True)

NAMES = st.sampled_from(
    [b"Authorization", b"Cookie", b"Host", b"Connection", b"X-Forwarded-For", b"X_Consumer_Username", b"\xff"]
) | st.binary(min_size=1, max_size=8)
FIELDS = st.lists(st.tuples(NAMES, st.binary(max_size=20)), max_size=5)
TEXTS = st.binary(max_size=30).map(lambda it: it.decode("utf-8", "surrogateescape"))
TARGETS = (
    TEXTS | TEXTS.map(lambda it: f"/{it}") | TEXTS.map(lambda it: f"http://{it}") | st.just("/?jwt=\udcff&\udcff=%")
)
HOSTS = st.sampled_from([None, "app.example.com", ""]) | st.text("a.:[]@*", max_size=8)


@given(
    st.sampled_from([GATE, OPEN, STRIPPING]),
    TARGETS,
    FIELDS,
    HOSTS,
    st.fixed_dictionaries(
        {
            "method": st.sampled_from(["GET", "TRACE", "M-SEARCH", ""]),
            "peer": st.sampled_from(["192.0.2.1", "10.0.0.1", "::1", ""]),
            "http_minor": st.integers(0, 1),
        }
    ),
)
def test_there_is_always_a_decision(table_, target, fields, host, more):
    """Every request gets a decision, and none without a token passes."""
    request = head(target, *fields, host=host, **more)
    decision = decide(request, table_, NullCache(), NOW_S)
    assert isinstance(decision, Forward | Reject)
    assert not (table_ is GATE and isinstance(decision, Forward))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
CLAIMS = st.dictionaries(st.sampled_from(["key", "exp", "nbf", "iat", "jti", "sub", "aud", "a"]), JSON, max_size=5)
HEADERS = st.dictionaries(st.sampled_from(["alg", "kid", "crit", "typ", "b64", "jwk"]), JSON, max_size=4)
BASE64URL = st.text("ABCDwxyz0189-_=+/.", max_size=24)
TOKENS = st.one_of(
    st.text(max_size=20),
    st.lists(BASE64URL, max_size=5).map(".".join),
    st.builds(
        lambda header, payload, signature: f"{encode(header)}.{encode(payload)}.{encode(signature)}",
        HEADERS.map(lambda it: json.dumps(it).encode()) | st.binary(max_size=20) | st.just(b'{"alg":"HS256"}'),
        CLAIMS.map(lambda it: json.dumps(it).encode()) | st.binary(max_size=20),
        st.binary(max_size=8),
    ),
)


@given(TOKENS)
@example("." * 20_000)
def test_a_text_is_a_token_or_malformed(text):
    """Nothing else is raised, whatever it is."""
    try:
        token = read_token(text)
    except MalformedToken:
        return
    assert isinstance(token.header["alg"], str)
    assert text.encode().startswith(token.signing_input)


@given(TOKENS)
def test_what_nobody_signed_never_passes(text):
    """It has a reason out of the table, and the reason is remembered."""
    request = head("/", ("Authorization", text.encode("utf-8")))
    reasons = [outcome(GATE, request) for _ in range(2)]
    assert reasons[0] == reasons[1] != "forwarded"


@given(HEADERS, CLAIMS)
def test_odd_claims_of_a_signed_token_raise_nothing(header, claims):
    """It passes where they say nothing against it."""
    recipe = Token(secret=SECRET, algorithm="HS256", header={"alg": "HS256"} | header, claims={"key": "alice"} | claims)
    token = mint_as_hs256(recipe)
    assert outcome(GATE, head("/", bearer(token)))


def mint_as_hs256(recipe):
    """Signed as HS256 whatever its header says."""
    payload = json.dumps(recipe.claims)
    return mint(Token(secret=SECRET, algorithm="HS256", header=recipe.header, payload=payload), NOW_S, {})


@given(st.sampled_from(sorted(set(MANGLES) - {""})), st.text("ab", max_size=5))
def test_a_mangled_token_never_passes(mangle, subject):
    """However little was changed."""
    recipe = Token(secret=SECRET, claims={"key": "alice", "sub": subject}, mangle=mangle)
    token = mint(recipe, NOW_S, {})
    assert outcome(GATE, head("/", bearer(token))) in {"malformed_token", "bad_signature", "missing_key_claim"}


@pytest.fixture(scope="module")
def good():
    return mint(Token(secret=SECRET, claims={"key": "alice", "exp": NOW_S + 60}), NOW_S, {})


@given(data=st.data())
def test_no_changed_character_passes(good, data):
    """Every bit of a token counts, those of the last character of its signature too."""
    at = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.characters(max_codepoint=0x7E, min_codepoint=0x21).filter(lambda char: char != good[at]))
    assert "forwarded" != outcome(GATE, head("/", bearer(good[:at] + other + good[at + 1 :])))
