"""Whatever comes, in whatever order: what is known of heads decides as reading them does."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heads import head, packet_of, signed, table
from manifests import consumer, credential, route, secret, service
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.verification_cache import NullCache, VerificationCache
from postern_dataplane.http1.request_reader import RequestReader
from postern_dataplane.server.answers import answer_of
from postern_dataplane.server.decision_cache import DecisionCache
from postern_dataplane.settings import Limits

NOW_S = 1_900_000_000.0
GOOD = [signed(exp=NOW_S + 50, n=number) for number in range(2)]
EARLY = signed(nbf=NOW_S + 20)
FORGED = signed(secret="fedcba9876543210fedcba9876543210")
# Some are also words of what goes upstream anyway.
WORDS = ["x", "zq", "a.b.c", "upstream", "application", "Host", "alice", "", " ", "a b", "x, y", "\x80"]
TOKENS = st.sampled_from([*GOOD, EARLY, FORGED, *WORDS])
NAMES = st.sampled_from(
    [
        "Authorization",
        "authorization",
        "AUTHORIZATION",
        "X-Authorization",
        "Cookie",
        "Connection",
        "Sec-WebSocket-Protocol",
    ]
)
SCHEMES = st.sampled_from(["Bearer ", "bearer ", "Bearer  ", "", "jwt=", "Token ", "chat, bearer."])
FIELDS = st.lists(st.builds(lambda name, scheme, token: (name, scheme + token), NAMES, SCHEMES, TOKENS), max_size=2)
PATHS = ["/v1/a", "/v1/b", "/v1/public", "/x", "/v1/t", "/v1/p", "//v1//t", "/v1/k//k"]
FILTERED = ["/v1/f", "/v1/f/o", "/v1/m", f"/v1/m/{GOOD[0]}"]
TARGETS = st.sampled_from([*PATHS, *FILTERED, f"/v1/{GOOD[0]}", "/v1/a?jwt=x", "/v1/q?jwt=%7Aq"])

ORIGINS = st.sampled_from(["https://a.example", "https://x.b.example", "https://y.b.example", "https://evil.example"])
ASKED = ("Access-Control-Request-Method", "GET")
PAGES = st.one_of(
    st.just([]),
    st.builds(lambda origin: [("Origin", origin)], ORIGINS),
    st.builds(lambda origin: [("Origin", origin), ASKED], ORIGINS),
)


@st.composite
def alike(draw):
    """Requests that differ in the word behind one field's name, and at times in more."""
    name, scheme = draw(st.one_of(st.just(("Authorization", "Bearer ")), st.tuples(NAMES, SCHEMES)))
    target, fields, method = draw(TARGETS), draw(FIELDS), draw(st.sampled_from(["GET", "GET", "OPTIONS"]))
    words = draw(st.lists(TOKENS, min_size=1, max_size=4))
    pages = [draw(PAGES) for _ in words]
    return [
        head(target, *fields, *page, (name, scheme + word), method=method)
        for word, page in zip(words, pages, strict=True)
    ] + [head(target, *fields, method=method)]


BY_FIELD = [{"name": "authorization", "type": "Regex", "value": "Bearer x.*"}]
STRIPPED = {"stripCredentials": True, "mode": "Permissive"}
TOKEN_SCHEME = [{"header": "Authorization", "scheme": "Token"}]
PROTOCOL = [{"webSocketProtocol": "bearer."}, {"header": "Authorization"}]
CORS = {"allowOrigins": ["https://a.example", "https://*.b.example"], "allowCredentials": True}
FILTERS = {"add": [{"name": "X-A", "value": f"Bearer {GOOD[0]}"}]}
REWRITE = {"path": {"type": "ReplacePrefixMatch", "value": f"/{GOOD[0]}"}, "hostname": "a.b.c"}
BASIC = {"set": [{"name": "Authorization", "value": f"Bearer {GOOD[0]}"}]}
MANIFESTS = (
    service(pathPrefix="/v1", upstream={"url": "http://upstream.example:18080/application"}),
    route("a", paths=[{"type": "Exact", "value": "/a"}], auth={"jwt": {}}, cors=CORS),
    route("b", paths=[{"type": "Exact", "value": "/b"}], auth={"jwt": STRIPPED}),
    route("public", paths=[{"type": "Exact", "value": "/public"}], cors={"allowOrigins": ["*"]}),
    route(
        "q", paths=[{"type": "Exact", "value": "/q"}],
        auth={"jwt": {"from": [{"query": "jwt"}, {"header": "Authorization"}]}},
    ),
    route("token", paths=[{"type": "Exact", "value": "/t"}], auth={"jwt": {"from": TOKEN_SCHEME}}),
    route("protocol", paths=[{"type": "Exact", "value": "/p"}], auth={"jwt": STRIPPED | {"from": PROTOCOL}}),
    service("keeping", pathPrefix="/v1/k", mergeSlashes=False),
    route("keeping", serviceRef={"name": "keeping"}, auth={"jwt": {}}),
    service("filters", pathPrefix="/v1/f", requestHeaders=FILTERS | {"remove": ["Cookie"]}, rewrite=REWRITE),
    route("filters", serviceRef={"name": "filters"}, auth={"jwt": {}}),
    route("own", serviceRef={"name": "filters"}, paths=[{"type": "Exact", "value": "/o"}], requestHeaders=BASIC),
    service("moved", pathPrefix="/v1/m", redirect={"scheme": "https", "hostname": "x.y.z"}),
    route("moved", serviceRef={"name": "moved"}, auth={"jwt": {}}),
    route("any", auth={"jwt": {"from": [{"cookie": "jwt"}, {"header": "Authorization"}]}}),
    consumer(), credential(), secret(),
)  # fmt: skip
# In the second no head of the host is known but for its token, as the token may decide the route.
TABLES = [
    table(*MANIFESTS),
    table(*MANIFESTS, route("b-x", paths=[{"type": "Exact", "value": "/b"}], headers=BY_FIELD)),
]


@given(st.sampled_from(TABLES), alike(), st.lists(st.sampled_from([0, 0, 0, 15, 25]), min_size=4, max_size=4))
def test_what_is_known_decides_as_reading_does(table_, requests, read_gate):
    """Each comes several times, so that nearly all become known, while tokens begin and end and origins differ."""
    heads, tokens = DecisionCache(Limits(), None), VerificationCache()
    for number, request in enumerate(requests * 4):
        now_s = NOW_S + sum(read_gate[: number // len(requests)])
        packet = heads.packet("connection_key", packet_of(request))
        found = heads.lookup(table_, tokens, packet, now_s)
        answer = answer_of(request, decide(request, table_, tokens, now_s)) if found is None else found[1]
        if found is None:
            heads.store(table_, packet, request, answer, host="", path="")
        assert answer_of(request, decide(request, table_, NullCache(), now_s)) == answer
        assert found is None or (request.method, request.target) == (found[0].head.method, found[0].head.target)


@pytest.fixture(scope="module")
def read():
    """Reads a packet by the parser."""
    loop = asyncio.new_event_loop()

    def read_one(packet):
        message = RequestReader(Limits(), loop).feed(packet)
        return message.method, message.path, message.raw_headers, message.should_close, message.upgrade, message.chunked

    yield read_one
    loop.close()


@given(
    st.lists(
        st.sampled_from(["Accept: */*", "Connection: close", "X: Bearer a.b", "X-Long: " + "x" * 500]), max_size=3
    ),
    st.lists(st.sampled_from(["Upgrade: h2c", "Content-Length: 0", "Y:", "authorization: x"]), max_size=3, unique=True),
    st.text("abcXYZ019-_.", min_size=1, max_size=600),
)
def test_the_parser_reads_the_rest_the_same_whatever_the_token(read, before, behind, token):
    """This is what it rests on that a head is known but for its token."""

    def packet(word):
        lines = ["GET /a HTTP/1.1", "Host: h", *before, f"Authorization: Bearer {word}", *behind, "", ""]
        return "\r\n".join(lines).encode()

    heads = DecisionCache(Limits(), None)
    one, other = (heads.packet("connection_key", packet(word)) for word in ("t1", token))
    assert (one.key, one.token, other.token) == (other.key, b"t1", token.encode())
    expected = list(read(packet("t1")))
    expected[2] = tuple(
        (name, b"Bearer " + token.encode() if value == b"Bearer t1" else value) for name, value in expected[2]
    )
    assert expected == list(read(packet(token)))
