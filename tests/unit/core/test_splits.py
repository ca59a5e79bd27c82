"""Several upstreams of a Service, from the manifest to the backends: what each is, and what becomes of a broken one."""

from __future__ import annotations

import pytest

from manifests import compiled, mistakes, reasons, route, service
from postern_core.link.shares import Share
from postern_core.link.withholding import withhold
from postern_core.parse import parse_manifest
from postern_core.ref import Ref
from postern_core.resources.service_upstreams import references_of

MISSING = {"service": {"name": "gone", "port": 80}}
CA = {"name": "ca"}


def split(*upstreams, **more):
    return service(upstream=None, upstreams=list(upstreams), **more)


def test_each_upstream_is_a_backend_of_its_own():
    """With a host, a path, time-outs and endpoints of its own; the first has the id of the Service."""
    snapshot = compiled(
        split({"url": "http://a/x"}, {"url": "https://b", "timeouts": {"request": "1s"}, "retries": {"attempts": 0}})
    ).snapshot
    one, other = snapshot.backends
    assert ("Service/default/app", "a", "/x", None, 60_000, 1) == (
        one.id, one.host_header, one.path_prefix, one.tls, one.request_timeout_ms, one.retry_attempts,
    )  # fmt: skip
    assert ("Service/default/app/1", "b", "", "b", 1_000, 0) == (
        other.id, other.host_header, other.path_prefix, other.tls.server_name, other.request_timeout_ms,
        other.retry_attempts,
    )  # fmt: skip
    assert [("Service/default/app", "a"), ("Service/default/app/1", "b")] == [
        (it.id, it.endpoints[0].address) for it in snapshot.endpoints
    ]


def test_what_cannot_be_resolved_is_refused_alone():
    """Its backend has a refusal, the others and the routes have none, and the status names the upstream."""
    done = compiled(split({"url": "http://a"}, MISSING), route())
    assert ["", "core/Service default/gone does not exist; create it, or name another"] == [
        it.refusal for it in done.snapshot.backends
    ]
    assert "" == done.snapshot.routes[0].refusal
    assert ["spec.upstreams[1].service"] == [problem.field for problem in done.problems]


def test_where_nothing_can_be_resolved_the_routes_are_refused():
    """As with a single upstream."""
    done = compiled(split(MISSING, MISSING), route())
    assert done.snapshot.routes[0].refusal.startswith("Service default/app: core/Service default/gone does not exist")
    assert ("all", "ServiceInvalid") in reasons(split(MISSING, MISSING), route())


def test_a_certificate_is_looked_up_for_each():
    """A CA that is not there refuses the upstream that names it."""
    done = compiled(split({"url": "http://a"}, {"url": "https://b", "tls": {"caCertificateRef": CA}}))
    assert ["spec.upstreams[1].tls.caCertificateRef"] == [problem.field for problem in done.problems]
    assert [False, True] == [bool(it.refusal) for it in done.snapshot.backends]


def test_all_that_upstreams_name_is_watched():
    """A Service of Kubernetes or a ConfigMap that comes later is noticed."""
    parsed = parse_manifest(split(MISSING, {"url": "https://b", "tls": {"caCertificateRef": CA}}))
    found = list(references_of(parsed.ref, parsed.resource.spec))
    assert [Ref("core/Service", "default", "gone"), Ref("ConfigMap", "default", "ca")] == found


def test_what_is_wrong_with_a_broken_service_is_said_of_each_upstream():
    """Where a check has failed, references are resolved all the same, so that one edit mends all."""
    found = mistakes(split({"url": "ftp://a"}, MISSING))
    assert {"spec.upstreams[0].url", "spec.upstreams[1].service"} == set(found)


@pytest.mark.parametrize("spec", [{"upstream": None}, {"upstreams": [{"url": "http://b"}]}])
def test_there_is_an_upstream_or_there_are_upstreams(spec):
    """A Service with neither has no application, and one with both would have two readings."""
    has = "none" if "upstreams" not in spec else "both"
    manifest = service(**spec)
    if spec.get("upstream", "") is None:
        del manifest["spec"]["upstream"]
    assert {"spec": f"must have exactly one of upstream and upstreams, has {has}"} == mistakes(manifest)


def test_a_special_address_is_warned_of_at_its_upstream():
    """The first of each upstream."""
    found = mistakes(split({"url": "http://169.254.169.254"}, {"url": "http://a"}, {"url": "http://169.254.1.1"}))
    assert ["spec.upstreams[0].url", "spec.upstreams[2].url"] == list(found)


def test_a_backend_that_cannot_be_published_concerns_its_service_and_its_routes():
    """Both are named by their own ids, whichever of the upstreams it is; the other share goes on."""
    snapshot = compiled(split({"url": "http://a"}, {"url": "http://b"}), route()).snapshot
    kept, missing = withhold(snapshot, {("backends", "Service/default/app/1"): snapshot.backends[1:]})
    assert {"Service/default/app", "Route/default/all"} == missing
    assert ["", "can't be published"] == [it.refusal for it in kept.backends]
    assert snapshot.routes == kept.routes


def test_a_share_counts_with_all_of_its_addresses():
    """Beyond the share of its namespace a Service is refused, whichever of its upstreams is large."""
    many = {"endpoints": [{"address": f"10.0.0.{number}", "port": 80} for number in range(200)]}
    services = compiled(split({"url": "http://a"}, many), share=Share(size_bytes=2_000))
    assert [("app", "ShareExceeded")] == [(it.ref.name, it.reason.text) for it in services.problems]
