"""What is remembered of one client's requests decides nothing about another's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heads import bearer, head, packet_of, signed, table
from manifests import consumer, credential, route, secret, service
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.outcome import Reject
from postern_dataplane.decision.verification_cache import NullCache, VerificationCache
from postern_dataplane.http1.request_writer import request_bytes
from postern_dataplane.listener import ListenerConfig
from postern_dataplane.server.decision_cache import DecisionCache
from postern_dataplane.settings import Limits

NOW_S = 1_900_000_000.0
ADDRESSES = st.sampled_from(
    ["203.0.113.1", "203.0.113.66", "192.0.2.1", "10.0.0.1", "10.0.0.2", "2001:db8::1", "", "x"]
)
LISTS = st.lists(ADDRESSES, max_size=3).map(", ".join)
OFFICE = {"allow": ["203.0.113.0/24", "2001:db8::/32"], "deny": ["203.0.113.66"]}
TABLE = table(
    service(clients=OFFICE),
    route("a", paths=[{"type": "Exact", "value": "/a"}], auth={"jwt": {}}),
    route("peer", paths=[{"type": "Exact", "value": "/peer"}], clients=OFFICE | {"address": "Peer"}),
    route("all", paths=[{"type": "Exact", "value": "/all"}], clients={}),
    consumer(), credential(), secret(), trusted=("10.0.0.0/8",),
)  # fmt: skip


@st.composite
def request(draw):
    """A request of one of few clients, with one of few tokens, through proxies or not."""
    fields = [("X-Forwarded-For", written) for written in draw(st.lists(LISTS, max_size=2))]
    token = draw(st.sampled_from([signed(), signed(extra=1), "a.b.c"]))
    return head(draw(st.sampled_from(["/a", "/peer", "/all"])), *fields, bearer(token), peer=draw(ADDRESSES))


@given(st.lists(request(), min_size=1, max_size=6))
def test_each_client_gets_what_its_own_address_gets(requests):
    """Each request comes several times, so that nearly all become known, and is decided as without any memory."""
    known, tokens = DecisionCache(Limits(), None), VerificationCache()
    for one in requests * 4:
        packet = known.packet(ListenerConfig().way_of(one.peer), packet_of(one))
        found = known.lookup(TABLE, tokens, packet, NOW_S)
        answer = answer_of(one, decide(one, TABLE, tokens, NOW_S)) if found is None else found[1]
        if found is None:
            known.store(TABLE, packet, one, answer, host="", path="")
        assert answer_of(one, decide(one, TABLE, NullCache(), NOW_S)) == answer


def answer_of(request_, decision):
    """What the data port makes of a decision."""
    if isinstance(decision, Reject):
        return decision, b""
    return decision.authorized, request_bytes(request_, decision.head)
