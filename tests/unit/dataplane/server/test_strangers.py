"""What strangers make up leaves no memory behind, whatever parts of a request are ever new."""

from __future__ import annotations

import ipaddress
import tracemalloc

from heads import HOST, NOW_S, bearer, head, packet_of, signed
from manifests import compiled, consumer, credential, route, secret, service
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.verification_cache import VerificationCache
from postern_dataplane.jwt.logged_claims import LoggedClaims
from postern_dataplane.request.correlation import Correlation
from postern_dataplane.server.annotator import Annotator
from postern_dataplane.server.answers import answer_of
from postern_dataplane.server.decision_cache import DecisionCache
from postern_dataplane.settings import Limits
from postern_dataplane.table.routing_table import build_table
from postern_dataplane.table.table_settings import TableSettings, proxy_trust
from postern_dataplane.telemetry.counters import Counters
from postern_dataplane.telemetry.events import RequestRecord

SERVED = (
    service(
        auth={"jwt": {"mode": "Permissive"}},
        cors={"allowOrigins": ["https://*.example.com"]},
        clients={"deny": ["192.0.2.0/24"]},
    ),
    route(),
    consumer(),
    credential(),
    secret(),
)
TOKEN = signed()


class Worker:
    """What a worker remembers from one request to the next."""

    def __init__(self):
        is_trusted = proxy_trust(("10.0.0.0/8",))
        correlation = Correlation(is_trusted, has_request_ids=True, traces="any")
        settings = TableSettings(is_trusted, correlation, LoggedClaims(["sub"]))
        self.table = build_table(compiled(*SERVED).snapshot, "digest", settings)
        self.heads, self.tokens = DecisionCache(Limits(), None), VerificationCache()
        self.annotator, self.counters = Annotator(correlation), Counters()

    def ask(self, request):
        packet = self.heads.packet("10.0.0.1 80 False", packet_of(request))
        assert self.heads.lookup(self.table, self.tokens, packet, NOW_S) is None
        outcome, sent = answer = answer_of(request, decide(request, self.table, self.tokens, NOW_S))
        self.heads.store(self.table, packet, request, answer, host="", path="")
        record = RequestRecord("GET", HOST, "/", request.peer, route=outcome.route.label, status=200)
        self.annotator.annotate(request, outcome, record, sent)
        self.counters.request_done(record)


def made_up(number):
    """A request whose origin, address, ids, query, token and one field's name were never seen before."""
    return head(
        f"/v1/json?{number}",
        ("Origin", f"https://a{number}.example.com"),
        ("X-Forwarded-For", str(ipaddress.IPv4Address((11 << 24) + number))),
        ("X-Request-Id", f"id-{number}"),
        ("traceparent", f"00-{number + 1:032x}-{number + 1:016x}-01"),
        (f"X-Made-Up-{number}", "a"),
        bearer(f"{TOKEN[:-8]}{number:08}"),
        peer="10.0.0.1",
    )


def test_what_is_ever_new_leaves_memory_flat():
    """What a worker remembers of requests is full after 6,000 of them; 6,000 more take nothing, as would a million."""
    worker, held = Worker(), []
    tracemalloc.start()
    try:
        for beginning in (0, 6_000):
            for number in range(beginning, beginning + 6_000):
                worker.ask(made_up(number))
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert held[1] < held[0] + 500_000
