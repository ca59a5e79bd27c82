"""Whatever filters a snapshot has, who calls, for whom and framed how is said as without them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from heads import PROTECTED, bearer, head, outcome, sent, signed
from manifests import compiled, route, service
from postern_core.header_names import FORWARDED, FRAMING, HOP_BY_HOP, IDENTITY
from postern_core.snapshot_backend_refs import BackendRef
from postern_core.snapshot_filters import HeaderField, RequestHeaders, ResponseHeaders
from postern_dataplane.http1.response import BadResponse
from postern_dataplane.http1.response_writer import ResponseWriter
from postern_dataplane.table.filters import compiled_header_filters
from postern_dataplane.table.routing_table import build_table
from postern_dataplane.table.table_settings import TableSettings, proxy_trust

OURS = IDENTITY | HOP_BY_HOP | FRAMING | FORWARDED | {"x-user"}
FORWARDING = {"mode": "Optional", "forwardClaims": [{"claim": "sub", "header": "X-User"}]}
SNAPSHOT = compiled(service(), route(auth={"jwt": FORWARDING}), *PROTECTED[2:]).snapshot
TOKEN = bearer(signed(sub="u"))


@st.composite
def spelled(draw, names):
    """A name in any case, with any sign that a header name may have in place of each dash."""
    return "".join(
        draw(st.sampled_from("-_.!~|")) if char == "-" else draw(st.sampled_from([char, char.upper()]))
        for char in draw(st.sampled_from(sorted(names)))
    )


NAMES = spelled(OURS | {"x-a", "authorization"}) | st.text(max_size=6)
VALUES = st.sampled_from(["evil", "0", "chunked", "a\r\nX-Consumer-Username: evil", "", "ä", "close"])
FIELDS = st.lists(st.builds(HeaderField, NAMES, VALUES), max_size=4).map(tuple)
REMOVED = st.lists(NAMES, max_size=4).map(tuple)
CHANGES = st.fixed_dictionaries({"set": FIELDS, "add": FIELDS, "remove": REMOVED})
# Two Hosts have no single reading, and are refused.
CLIENT = st.lists(st.tuples(spelled(OURS - {"host"} | {"x-a"}), st.just("client")), max_size=4)


def said(filters, request, trusted, of_backend=()):
    """The fields upstream that only the gateway says, in order."""
    [entry] = SNAPSHOT.routes
    backends = (BackendRef(backend=entry.backend, filters=of_backend),) if of_backend else ()
    entries = (structs.replace(entry, filters=filters, backends=backends),)
    settings = TableSettings(proxy_trust(("192.0.2.1",) if trusted else ()))
    fields = sent(build_table(structs.replace(SNAPSHOT, routes=entries), "digest", settings), request)[1]
    return [(name, value) for name, value in fields if is_ours(name)]


def is_ours(name):
    return re.sub(r"[^a-z0-9]", "-", name.lower()) in OURS


REQUESTS = st.builds(
    lambda fields, token, length: head("/", *fields, *token, content_length=length),
    CLIENT,
    st.sampled_from([(), (TOKEN,)]),
    st.sampled_from([None, 0, 7]),
)
FILTERS = st.tuples(st.builds(lambda it: RequestHeaders(**it), CHANGES))


@given(FILTERS, FILTERS, REQUESTS, st.booleans())
def test_no_filter_says_who_calls_or_how_a_request_is_framed(filters, of_backend, request, trusted):
    """Filters of a route and of its backend change none of that, in any spelling, for strangers and trusted proxies."""
    unchanged = said((), request, trusted)
    assert unchanged == said(filters, request, trusted)
    assert unchanged == said(filters, request, trusted, of_backend)


HARMLESS = spelled({"x-a", "x-tenant", "x-forwarder", "x-consumer", "hosts", "authorization"})
NAMED = st.one_of(HARMLESS, HARMLESS, spelled(OURS - {"x-user"}))
WRITTEN = st.lists(st.fixed_dictionaries({"name": NAMED, "value": st.just("evil")}), max_size=2)
BLOCKS = st.fixed_dictionaries({}, optional={"set": WRITTEN, "add": WRITTEN, "remove": st.lists(NAMED, max_size=2)})


@given(BLOCKS, st.none() | BLOCKS, BLOCKS, REQUESTS)
def test_a_manifest_says_nothing_of_who_calls(of_service, of_route, of_upstream, request):
    """Blocks of a Service, a Route and an upstream change none of it, or else all requests of the Route are refused."""
    upstreams = [{"url": "http://127.0.0.1:18080", "requestHeaders": of_upstream}]
    changed = service(upstream=None, upstreams=upstreams, requestHeaders=of_service)
    own = {} if of_route is None else {"requestHeaders": of_route}
    done = compiled(changed, route(auth={"jwt": FORWARDING}, **own), *PROTECTED[2:])
    table = build_table(done.snapshot, "digest")
    if all(problem.is_warning for problem in done.problems):
        fields = [(name, value) for name, value in sent(table, request)[1] if is_ours(name)]
        assert said((), request, trusted=False) == fields
    else:
        assert "route_refused" == outcome(table, request)


FRAMED = HOP_BY_HOP | {"content-length", "date"}
UPSTREAM = st.lists(
    st.sampled_from([(b"Content-Length", b"3"), (b"Server", b"a"), (b"Keep-Alive", b"timeout=5")]), max_size=3
)


@given(CHANGES, CHANGES, UPSTREAM, st.sampled_from([200, 204, 304]), st.sampled_from(["GET", "HEAD"]))
def test_no_filter_says_how_a_response_is_framed(changes, of_backend, fields, status, method):
    """Whether a body comes, how long it is and whether the connection goes on is read and written by the gateway."""
    edits = compiled_header_filters((ResponseHeaders(**changes),), (), (ResponseHeaders(**of_backend),)).response

    def framed(edits):
        try:
            made = ResponseWriter(print, head(method=method), edits=edits).begin(status, b"OK", fields, closes=False)
        except BadResponse:
            return None
        lines = [line.partition(b": ") for line in made.head.split(b"\r\n")[1:-2]]
        told = [(name.lower(), value) for name, _, value in lines if name.decode().lower() in FRAMED - {"date"}]
        return made.upstream, made.client, made.closes, told, sum(name.lower() == b"date" for name, _, _ in lines)

    assert framed(None) == framed(edits)
