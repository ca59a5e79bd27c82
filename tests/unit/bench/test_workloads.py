"""The workloads: what is asked for, and what must be answered."""

from __future__ import annotations

import jwt
import pytest
from bench.gateway import manifests
from bench.material import make_key
from bench.workloads import DEFAULT, WORKLOADS

from postern_core.compile import compile_snapshot
from postern_core.parse import parse_manifest
from postern_core.resources.rate_limit import REQUESTS_MAX
from postern_operator.validators import VALIDATORS


def test_what_is_run_by_default_exists():
    """A renamed workload is not lost."""
    assert set(DEFAULT) <= WORKLOADS.keys()


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)
def test_only_bad_tokens_are_refused(workload):
    """Each workload knows its answer."""
    assert (401 if workload.name.startswith("refused") else 200) == workload.status


def test_routes_are_asked_for_from_the_first_to_the_last():
    """A table that is searched in order must not look good by being asked for its beginning."""
    paths = WORKLOADS["routes-100000"].paths
    assert (1000, "/v1/r0", "/v1/r99900") == (len(paths), paths[0], paths[-1])


def test_few_routes_are_all_asked_for():
    """Ten routes are ten paths."""
    assert tuple(f"/v1/r{number}" for number in range(10)) == WORKLOADS["routes-10"].paths


def test_heads_that_are_unlike_are_all_different():
    """Unlike heads are all different, go to one route, and are more than any gateway remembers."""
    paths = WORKLOADS["unlike"].paths
    assert (20_000, {"/v1/r0"}) == (len(set(paths)), {path.partition("?")[0] for path in paths})


def test_a_page_is_one_that_its_routes_allow():
    """The origin of `cors` is below the wildcard, which costs more than one that is named."""
    [spec] = [one["spec"] for one in manifests(1, 1, 1, service=WORKLOADS["cors"].service) if one["kind"] == "Service"]
    assert WORKLOADS["cors"].origin == spec["cors"]["allowOrigins"][0].replace("*", "a")


def test_a_special_path_is_the_only_one():
    """What the application has elsewhere is asked for there."""
    assert ("/v1/body-64k",) == WORKLOADS["body-64k"].paths


def test_lists_are_as_long_as_they_may_be():
    """The dearest lists that are accepted are measured, and the client is on one of them."""
    spec = WORKLOADS["lists"].service
    [service, *_] = manifests(8000, 1, 1, service=spec)
    assert not parse_manifest(service).problems
    assert [256, 256] == [len(spec["clients"][name]) for name in ("allow", "deny")]
    assert WORKLOADS["lists"].paths == WORKLOADS["unlike"].paths


def test_tokens_of_an_identity_provider_are_verified_by_its_keys():
    """No credential has a part in it, and the provider's set is the one key that signs."""
    workload = WORKLOADS["issuer-RS256"]
    key = make_key(workload.algorithm, workload.issuer)
    made = compile_snapshot([parse_manifest(one) for one in manifests(1, 1, 1, key)], inspectors=VALIDATORS)
    [issuer] = made.snapshot.issuers
    assert (workload.issuer, "", 1) == (issuer.issuer, issuer.refusal, len(issuer.keys))
    assert workload.issuer == jwt.decode(key.token(), options={"verify_signature": False})["iss"]


def test_limits_count_and_refuse_nothing():
    """A limit that refuses would make requests cheap; these are the largest that are accepted."""
    spec = WORKLOADS["rate-limit"].service
    [service, *_] = manifests(8000, 1, 1, service=spec)
    assert not parse_manifest(service).problems
    assert {REQUESTS_MAX} == {limit["requests"] for limit in spec["rateLimit"]}


def test_filters_change_both_ways():
    """A workload whose filters are refused would measure refusals."""
    documents = manifests(8000, 1, 1, service=WORKLOADS["filters"].service)
    made = compile_snapshot([parse_manifest(one) for one in documents], inspectors=VALIDATORS)
    assert {("RequestHeaders", "ResponseHeaders")} == {
        tuple(type(it).__name__ for it in entry.filters) for entry in made.snapshot.routes
    }
