"""Which backend gets a request, through the whole data port: with and without what is remembered of heads."""

from __future__ import annotations

import pytest

from heads import bearer, head, packet_of, signed, table
from manifests import consumer, credential, route, secret, service
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.outcome import Authorized
from postern_dataplane.decision.verification_cache import VerificationCache
from postern_dataplane.server.answers import answer_of
from postern_dataplane.server.decision_cache import DecisionCache
from postern_dataplane.server.rotations import Rotations
from postern_dataplane.settings import Limits

OWN_HEADS = [{"url": "http://a/x", "weight": 2}, {"url": "http://b"}]
ONE_HEAD = [{"endpoints": [{"address": "10.0.0.1", "port": 80}], "weight": 2}, {"service": {"name": "gone", "port": 1}}]
REQUESTS = [head("/p"), head("/q", bearer(signed(n=1))), head("/q", bearer(signed(n=2)))]
PLAIN = [route("p", paths=[{"type": "Exact", "value": "/p"}]), route("q", auth={"jwt": {}})]


def split(upstreams):
    return table(service(upstream=None, upstreams=upstreams), *PLAIN, consumer(), credential(), secret())


def chosen(table_, rotations, requests):
    """What becomes of requests, each through the decision cache: the backend, and the line and the Host that go there.

    Also whether it came from the cache.
    """
    heads, tokens = DecisionCache(Limits(), None), VerificationCache()
    for request in requests:
        packet = heads.packet("way", packet_of(request))
        found = heads.lookup(table_, tokens, packet, 0.0)
        answer = found[1] if found else answer_of(request, decide(request, table_, tokens, 0.0))
        if not found:
            heads.store(table_, packet, request, answer, host="", path="")
        outcome, sent = rotations.choose(*answer)
        line, host, *_ = sent.split(b"\r\n") if sent else (b"", b"")
        backend = outcome.upstream.id if isinstance(outcome, Authorized) else outcome.denial.reason
        yield backend, line.decode().removesuffix(" HTTP/1.1"), host.decode(), found is not None


@pytest.mark.parametrize("request_", REQUESTS[:2], ids=["public", "with a token"])
def test_a_remembered_head_goes_to_each_backend_in_its_own_words(request_):
    """Host and path are those of the backend whose turn it is, whether the head was read or remembered."""
    target = request_.target
    stable = ("Service/default/app", f"GET /x{target}", "Host: a")
    canary = ("Service/default/app/1", f"GET {target}", "Host: b")
    seen = list(chosen(split(OWN_HEADS), Rotations(), [request_] * 9))
    assert [stable, canary, stable] * 3 == [one[:3] for one in seen]
    assert [False] * 2 + [True] * 7 == [one[3] for one in seen]


@pytest.mark.parametrize("request_", REQUESTS[:2], ids=["public", "with a token"])
def test_a_remembered_head_is_changed_as_its_backend_says(request_):
    """Filters of a backend are in its own head, whether that was read or remembered, and change its own answers."""
    backends = [
        {"endpoints": [{"address": "10.0.0.1", "port": 80}], "weight": weight}
        | {block: {"set": [{"name": "X-Version", "value": version}]} for block in ("requestHeaders", "responseHeaders")}
        for weight, version in ((2, "stable"), (1, "canary"))
    ]
    table_, rotations, heads = split(backends), Rotations(), DecisionCache(Limits(), None)
    tokens, seen = VerificationCache(), []
    for _ in range(9):
        packet = heads.packet("way", packet_of(request_))
        found = heads.lookup(table_, tokens, packet, 0.0)
        answer = found[1] if found else answer_of(request_, decide(request_, table_, tokens, 0.0))
        heads.store(table_, packet, request_, answer, host="", path="")
        outcome, sent = rotations.choose(*answer)
        [(_, version)] = outcome.route.response_edits.added
        assert [b"X-Version: " + version] == [line for line in sent.split(b"\r\n") if line.startswith(b"X-Version")]
        seen.append((outcome.upstream.id.removeprefix("Service/default/app"), version.decode(), found is not None))
    assert [("", "stable"), ("/1", "canary"), ("", "stable")] * 3 == [one[:2] for one in seen]
    assert [False] * 2 + [True] * 7 == [one[2] for one in seen]


def test_other_tokens_take_turns_with_it():
    """A head that is remembered but for its token is no reason to stay with one backend."""
    seen = list(chosen(split(OWN_HEADS), Rotations(), REQUESTS[1:] * 6))
    assert (8, 4) == tuple(sum(one[0] == backend for one in seen) for backend in (
        "Service/default/app", "Service/default/app/1",
    ))  # fmt: skip
    assert all(one[2] == ("Host: b" if one[0].endswith("/1") else "Host: a") for one in seen)


def test_the_share_of_what_is_missing_is_refused():
    """One of three is 503, from the cache too, and all others pass."""
    seen = list(chosen(split(ONE_HEAD), Rotations(), REQUESTS[:1] * 9))
    good = ("Service/default/app", "GET /p", "Host: app.example.com")
    assert [good, ("upstream_unavailable", "", ""), good] * 3 == [one[:3] for one in seen]


def test_each_route_has_turns_of_its_own():
    """Clients that alternate between two routes reach all backends of both."""
    rotations, table_ = Rotations(), split(OWN_HEADS)
    seen = list(chosen(table_, rotations, REQUESTS[:2] * 3))
    assert [one[0] for one in seen[::2]] == [one[0] for one in seen[1::2]]


def test_turns_go_on_in_the_next_table():
    """With tables that come faster than a share has its turn, it would never have one; other weights begin anew."""
    rotations, seen = Rotations(), []
    for _ in range(6):
        table_ = split(OWN_HEADS)
        rotations.adopt(table_)
        seen += [one[0] for one in chosen(table_, rotations, REQUESTS[:1])]
    assert ["Service/default/app", "Service/default/app/1", "Service/default/app"] * 2 == seen
    other = split([OWN_HEADS[0] | {"weight": 1}, OWN_HEADS[1] | {"weight": 3}])
    assert ["Service/default/app/1"] == [one[0] for one in chosen(other, rotations, REQUESTS[:1])]


def test_no_turns_are_kept_of_what_is_not_split_any_more():
    """Memory is bounded by the routes of the table."""
    rotations = Rotations()
    list(chosen(split(OWN_HEADS), rotations, REQUESTS))
    assert 2 == len(rotations._rotations)
    rotations.adopt(table(service(), *PLAIN, consumer(), credential(), secret()))
    assert {} == rotations._rotations
