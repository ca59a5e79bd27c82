"""Mirrors of Services and Routes, from the manifest to the backends: whose they are, and of how many requests."""

from __future__ import annotations

import pytest

from manifests import compiled, mistakes, reasons, route, service
from postern_core.link.shares import Share
from postern_core.link.withholding import withhold
from postern_core.parse import parse_manifest
from postern_core.ref import Ref
from postern_core.resources.service_upstreams import references_of
from postern_core.snapshot_backend_refs import MirrorRef

A, B = {"url": "http://a"}, {"url": "http://b"}
MISSING = {"service": {"name": "gone", "port": 80}}
OF_ROUTE = "Route/default/all/mirror/0"


def mirrors_of(service_spec, **route_spec):
    """The copies of the one route of a Service, and all backends."""
    snapshot = compiled(service(**service_spec), route(**route_spec)).snapshot
    return snapshot.routes[0].mirrors, [it.id for it in snapshot.backends]


def test_the_mirrors_of_a_route_replace_those_of_its_service():
    """The list is replaced whole, by the empty one too; each mirror is a backend of the object that has it."""
    of_service = MirrorRef(backend="Service/default/app/mirror/0")
    known = ["Service/default/app", "Service/default/app/mirror/0"]
    assert ((of_service,), known) == mirrors_of({"mirrors": [A]})
    assert ((MirrorRef(backend=OF_ROUTE),), [OF_ROUTE, *known]) == mirrors_of({"mirrors": [A]}, mirrors=[B])
    assert ((), known) == mirrors_of({"mirrors": [A]}, mirrors=[])
    assert ((), known[:1]) == mirrors_of({})


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ({}, (100, 100)),
        ({"percent": 7}, (7, 100)),
        ({"percent": 0}, (0, 100)),
        ({"fraction": {"numerator": 3}}, (3, 100)),
        ({"fraction": {"numerator": 1, "denominator": 1_000_000}}, (1, 1_000_000)),
        ({"fraction": {"numerator": 0, "denominator": 1}}, (0, 1)),
    ],
)
def test_a_share_is_a_percentage_or_a_fraction(share, expected):
    """Without either all requests are copied."""
    ((ref,), _) = mirrors_of({}, mirrors=[A | share])
    assert expected == (ref.numerator, ref.denominator)


@pytest.mark.parametrize(
    ("share", "field"),
    [
        ({"percent": 1, "fraction": {"numerator": 1}}, ""),
        ({"percent": 101}, ".percent"),
        ({"fraction": {}}, ".fraction.numerator"),
        ({"fraction": {"numerator": 101}}, ".fraction.numerator"),
        ({"fraction": {"numerator": 2, "denominator": 1}}, ".fraction.numerator"),
        ({"fraction": {"numerator": 0, "denominator": 0}}, ".fraction.denominator"),
        ({"fraction": {"numerator": -1}}, ".fraction.numerator"),
        ({"fraction": {"numerator": 1, "denominator": 1_000_001}}, ".fraction.denominator"),
    ],
)
def test_a_share_that_is_none_is_refused(share, field):
    """No share is more than all, nor both of the two, of a Service as of a Route."""
    for documents in ([service(mirrors=[A | share])], [service(), route(mirrors=[A | share])]):
        assert {f"spec.mirrors[0]{field}"} == set(mistakes(*documents))


def test_a_mirror_of_a_route_that_leads_nowhere_refuses_nothing():
    """The Route says so, its requests go on, and what it names is watched."""
    documents = [service(), route(mirrors=[MISSING])]
    assert "" == compiled(*documents).snapshot.routes[0].refusal
    assert [("all", "UpstreamNotFound")] == reasons(*documents)
    parsed = parse_manifest(documents[1])
    assert [Ref("core/Service", "default", "gone")] == list(references_of(parsed.ref, parsed.resource.spec))


def test_what_is_wrong_with_mirrors_of_a_broken_route_is_all_said():
    """References are resolved where a check has failed, so that one edit mends all."""
    found = mistakes(service(), route(mirrors=[{"url": "ftp://a"}, MISSING], paths=[{"type": "Exact", "value": "a"}]))
    assert {"spec.mirrors[0].url", "spec.mirrors[1].service", "spec.paths[0].value"} == set(found)


def test_a_special_address_of_a_mirror_is_warned_of():
    """No copy goes to an address that gateways refuse."""
    found = mistakes(service(), route(mirrors=[{"url": "http://169.254.169.254"}]))
    assert ["spec.mirrors[0].url"] == list(found)
    assert "no copy is sent there unless --allowed-upstreams" in found["spec.mirrors[0].url"]


def test_the_addresses_of_a_mirror_count_for_the_share_of_its_namespace():
    """A Route beyond it is refused, and nothing of its mirrors is published."""
    many = {"endpoints": [{"address": f"10.0.0.{number}", "port": 80} for number in range(200)]}
    done = compiled(service(), route(mirrors=[many]), share=Share(size_bytes=3_000))
    assert [("all", "ShareExceeded")] == [(it.ref.name, it.reason.text) for it in done.problems]
    assert ["Service/default/app"] == [it.id for it in done.snapshot.backends]
    assert () == done.snapshot.routes[0].mirrors


def test_a_mirror_that_cannot_be_published_concerns_its_route():
    """It is named by the id of the Route, whose requests go on without copies."""
    snapshot = compiled(service(), route(mirrors=[A])).snapshot
    [mirror] = [it for it in snapshot.backends if it.id == OF_ROUTE]
    kept, missing = withhold(snapshot, {("backends", OF_ROUTE): [mirror]})
    assert {"Route/default/all"} == missing
    assert snapshot.routes == kept.routes
