"""The same manifests, in whatever order they come, are the same snapshot and the same problems."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from manifests import compiled, consumer, credential, manifest, route, secret, service
from postern_core.codec import encode_snapshot

OLD, NEW = "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"
GUARDED = {"jwt": {"allow": {"namespaces": "All", "consumers": ["alice", "ghost"]}}}

POOL = [
    service(created=NEW),
    service("other", created=OLD, hosts=["app.example.com", "*.example.com"], pathPrefix="/other", auth=GUARDED),
    service("thief", "evil", created=OLD, hosts=["app.example.com"]),
    service("young", "evil", hosts=["app.example.com", "www.example.com"]),
    service("typo", hsots=["app.example.com"], hosts=["typo.example.com"]),
    service("web", upstream={"service": {"name": "nowhere", "port": 80}}),
    route(created=OLD),
    route("same", created=OLD, auth={"jwt": {"forwardClaims": [{"claim": "sub", "header": "X-User"}]}}),
    route("guest", auth={"jwt": {"mode": "Optional", "anonymousConsumer": {"name": "alice"}}}),
    route("typo", paths=[{"type": "Exact", "value": "/admin"}], auth={"jwt": {"mode": "Requierd"}}),
    route("lost", serviceRef={"name": "nowhere"}),
    route("broken", paths=[{"type": "Regex", "value": "("}]),
    route("mine", "evil", serviceRef={"name": "thief"}),
    consumer(),
    consumer("bob", groups=["a,b"]),
    consumer("alice", "evil"),
    credential(created=NEW),
    credential("twin", created=OLD, key="alice"),
    credential("triplet", created=OLD, key="alice"),
    credential("lost", consumerRef={"name": "nobody"}),
    credential("keyless", keys=[{"secretRef": {"name": "alice", "key": "other"}}]),
    credential("alice", "evil"),
    secret(),
    secret("alice", "evil", value="short"),
    manifest("Gateway", "odd", {}),
]


@given(st.lists(st.sampled_from(POOL), unique_by=id).flatmap(lambda it: st.tuples(st.just(it), st.permutations(it))))
def test_order_is_no_matter(orders):
    """Broken ones among them, and those in conflict."""
    one, other = (compiled(*order) for order in orders)
    assert encode_snapshot(one.snapshot).digest == encode_snapshot(other.snapshot).digest
    assert one.problems == other.problems


@given(st.lists(st.sampled_from(POOL), unique_by=id))
def test_a_namespace_of_its_own_takes_nothing_from_another(manifests):
    """What `evil` declares later changes no credential, consumer or policy of `default`."""
    before = [it for it in manifests if it["metadata"]["namespace"] == "default"]
    evil = [
        it for it in manifests if it["metadata"]["namespace"] == "evil" and "creationTimestamp" not in it["metadata"]
    ]
    one, other = compiled(*before).snapshot, compiled(*before, *evil).snapshot
    for section in ("credentials", "consumers", "policies"):
        assert getattr(one, section) == tuple(it for it in getattr(other, section) if it.namespace == "default")


@given(st.lists(st.sampled_from(POOL), unique_by=id))
def test_what_is_not_certain_is_refused(manifests):
    """A route of the snapshot has its policy and its backend, or is a refusal."""
    snapshot = compiled(*manifests).snapshot
    policies, backends = ({it.id for it in entries} for entries in (snapshot.policies, snapshot.backends))
    for it in snapshot.routes:
        assert it.refusal or (it.backend in backends and (it.policy is None or it.policy in policies))
