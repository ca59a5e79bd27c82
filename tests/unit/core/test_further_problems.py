"""An object that isn't accepted is told everything that is wrong with it, and none of it is served."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests import compiled, consumer, credential, mistakes, route, secret, service

# Sources of keys in every combination, of which few are sound.
KEYS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["a", "b"]),
        "secretRef": st.just({"name": "alice", "key": "secret"}),
        "publicKey": st.just("no key"),
        "publicKeyRef": st.just({"kind": "ConfigMap", "name": "keys", "key": "a"}),
    },
)
UPSTREAMS = st.fixed_dictionaries(
    {},
    optional={
        "url": st.sampled_from(["http://a", "ftp://a", "http://a:99999", "//", "http://[::1"]),
        "service": st.just({"name": "web", "port": 80}),
        "endpoints": st.sampled_from([[], [{"address": "a", "port": 1, "weight": 0}]]),
        "tls": st.sampled_from([{}, {"caCertificateRef": {"kind": "ConfigMap", "name": "ca", "key": "ca"}}]),
    },
)
PLACES = st.lists(st.sampled_from([{}, {"header": "Host"}, {"query": "a", "cookie": "b"}]), max_size=2)


@given(st.lists(KEYS, max_size=3), st.sampled_from(["HS256", "RS256", "EdDSA"]))
def test_any_combination_of_keys_can_be_linked(keys, algorithm):
    """Linking a credential that failed a check raises nothing, and what is refused is not in the snapshot."""
    made = compiled(credential(keys=keys, algorithm=algorithm), consumer(), secret())

    is_refused = any(not it.is_warning and it.reason.condition == "Accepted" for it in made.problems)
    assert not (is_refused and made.snapshot.credentials)


@given(UPSTREAMS, PLACES, st.sampled_from(["Required", "Optional", "Disabled"]))
def test_any_upstream_and_policy_can_be_linked(upstream, places, mode):
    """Linking a Service or a Route that failed a check raises nothing, and its requests are refused."""
    jwt = {"from": places, "mode": mode, "anonymousConsumer": {"name": "nobody"}}
    made = compiled(service(upstream=upstream, auth={"jwt": jwt}), route(auth={"jwt": jwt}))

    assert all(it.refusal for it in made.snapshot.routes if any(p.ref.name == it.name for p in made.problems))


@pytest.mark.parametrize("reference", [None, "app", {}, {"name": 5}, {"name": "Not A Name"}])
def test_a_reference_that_cannot_be_read_has_no_problem_of_its_own(reference):
    """What decoding says of a reference is not repeated as a missing object."""
    found = compiled(route(serviceRef=reference)).problems

    assert {"Invalid"} == {problem.reason.text for problem in found}


def test_a_route_of_another_gateway_is_told_nothing_more():
    """What this gateway doesn't serve is not followed here."""
    elsewhere = service(gateways=["other"])

    assert ["spec.methods[0]"] == list(mistakes(elsewhere, route(methods=["TRACE"])))
