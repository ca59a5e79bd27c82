"""Every lint finds something in a golden case, and has its row in the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

import cases
import postern_core.compile as compilation
from manifests import compiled, consumer, credential, route, secret, service
from postern_core.kinds import KINDS
from postern_core.lint import LINTS, LINTS_OF_ALL, lint
from postern_core.lints.below_prefix import PLACE_LINTS
from postern_core.lints.policy import POLICY_LINTS
from postern_core.problems import Reason
from postern_core.resources.route import Route
from postern_operator.validators import VALIDATORS

NOW_S = 1_900_000_000.0
ROOT = Path(__file__).parents[3]


def lints_that_find_something(case, monkeypatch):
    """The names of the lints that a case shows."""
    seen = []
    monkeypatch.setattr(compilation, "lint", lambda linked: seen.append(linked) or lint(linked))
    objects = cases.objects_of(case)
    gateway = cases.settings_of(case).gateway
    compilation.compile_snapshot(objects, inspectors=VALIDATORS, gateway=gateway, now_s=NOW_S)
    [linked] = seen
    of_one = {
        one.__name__
        for ref, parsed in linked.resources.valid.items()
        for one in KINDS[ref.kind].lints
        if list(one(parsed.resource, VALIDATORS))
    }
    policies = [it.resource.spec.auth.jwt for it in linked.resources.valid_of(Route) if it.resource.spec.auth]
    of_one |= {one.__name__ for policy in policies for one in POLICY_LINTS if list(one(policy))}
    of_one |= {
        one.__name__
        for parsed in linked.resources.valid_of(Route)
        for service in linked.services.linked.values()
        for one in PLACE_LINTS
        if parsed.resource.spec.service_ref.name == service.ref.name and list(one(parsed.resource.spec, service.place))
    }
    return of_one | {one.__name__ for one in LINTS_OF_ALL if list(one(linked))}


def test_each_lint_has_a_golden_case(monkeypatch):
    """The words of a warning are read beside the manifests that they are about."""
    shown = {name for case in cases.cases() for name in lints_that_find_something(case, monkeypatch)}
    assert set(LINTS) == shown - {"policy_of_route", "policy_of_service", "policy_of_itself"}


@pytest.mark.parametrize("name", LINTS)
def test_each_lint_is_documented(name):
    """What a warning is about, and how to end it, can be looked up."""
    assert f"| `{name}` |" in (ROOT / "docs/reference/warnings.md").read_text()


def test_what_a_lint_finds_is_a_warning():
    """The object is accepted, and its requests are served."""
    made = compiled(service(), route(paths=[{"type": "Prefix", "value": "/items/*"}]))

    assert {Reason.WARNING} == {problem.reason for problem in made.problems}
    assert [""] == [entry.refusal for entry in made.snapshot.routes]


@pytest.mark.parametrize(
    ("now_s", "fields"),
    [
        (0.0, set()),
        (1_800_000_000.0, {"spec.revoked.issuedBefore"}),
        (1_893_455_999.0, {"spec.revoked.issuedBefore"}),
        (1_893_456_000.0, {"spec.keys[0].notAfter"}),
    ],
)
def test_a_key_that_has_ended_depends_on_the_time(now_s, fields):
    """At its notAfter it has ended; where the time is not known nothing is said, and no snapshot depends on it."""
    end = "2030-01-01T00:00:00Z"
    keys = [{"secretRef": {"name": "alice", "key": "secret"}, "notAfter": end}]
    objects = (service(auth={"jwt": {}}), route(), consumer(), secret())
    objects += (credential(keys=keys, revoked={"issuedBefore": end}),)
    assert fields == {problem.field for problem in compiled(*objects, now_s=now_s).problems}
    assert compiled(*objects).snapshot == compiled(*objects, now_s=now_s).snapshot


@pytest.mark.parametrize(("namespaces", "is_warned"), [("Same", True), ("All", False), (["b"], False), (["c"], True)])
def test_a_credential_that_no_policy_admits_is_never_looked_at(namespaces, is_warned):
    """Of all policies of all gateways; without any policy there is nothing to compare with."""
    other = (consumer(namespace="b"), credential(namespace="b"), secret(namespace="b"))
    app = service(auth={"jwt": {"allow": {"namespaces": namespaces}}}, gateways=["other"])
    assert is_warned == any("no auth.jwt admits" in it.message for it in compiled(app, *other).problems)
    assert () == compiled(service(), *other).problems


@pytest.mark.parametrize(
    ("custom_id", "namespaces", "is_warned"),
    [
        ("b/42", ["b"], True),
        ("b/42", "All", True),
        ("b/42", "Same", False),
        ("b/42", ["c"], False),
        ("https://b/42", "All", False),
        ("default/42", "All", False),
        ("42", "All", False),
    ],
)
def test_a_custom_id_that_reads_as_a_partners(custom_id, namespaces, is_warned):
    """A partner namespace's `customID` can't be taken for one's own, unless one's own is written as theirs."""
    app = service(auth={"jwt": {"allow": {"namespaces": namespaces}}})
    found = compiled(app, consumer(customID=custom_id)).problems
    assert is_warned == any(it.field == "spec.customID" for it in found)


def test_an_object_that_is_refused_has_no_warnings():
    """First things first: what is wrong must be mended anyway."""
    made = compiled(service(), route(paths=[{"type": "Prefix", "value": "/items/*"}, {"type": "Exact", "value": "a"}]))

    assert {Reason.INVALID} == {problem.reason for problem in made.problems}


def shadowed(*routes):
    """The names of the Routes that are never reached."""
    made = compiled(service(), *routes)
    return [problem.ref.name for problem in made.problems if problem.message.startswith("is never reached")]


def path(type_, value):
    return {"paths": [{"type": type_, "value": value}]}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (path("Exact", "/a"), path("Exact", "/a"), ["b"]),
        (path("Prefix", "/a"), path("Exact", "/a"), []),
        (path("Prefix", "/a"), path("Regex", "/a/[0-9]+"), ["b"]),
        (path("Prefix", "/a"), path("Regex", "/a[0-9]+"), []),
        (path("Prefix", "/a"), path("Regex", "/a/?[0-9]+"), []),
        (path("Prefix", "/a"), path("Regex", "/a/b|/c/d"), []),
        ({}, path("Regex", "/[a-z]+"), ["b"]),
        ({"methods": ["GET"]}, path("Regex", "/[a-z]+"), []),
        ({"methods": ["GET"]}, path("Regex", "/[a-z]+") | {"methods": ["GET"]}, ["b"]),
        ({"methods": ["GET", "PUT"]}, {"methods": ["PUT"]}, ["b"]),
        ({"methods": ["PUT"]}, {}, []),
        ({"headers": [{"name": "a", "value": "b"}]}, {}, []),
        ({}, {"headers": [{"name": "a", "value": "b"}]}, []),
        ({"headers": [{"name": "a", "value": "b"}]}, {"headers": [{"name": "A", "value": "b"}]}, ["b"]),
        ({"headers": [{"name": "a", "value": "b"}]}, path("Regex", "/x"), []),
    ],
)
def test_a_route_wholly_shadowed_by_another(first, second, expected):
    """A route wholly shadowed by another is warned about, and only where it is certain."""
    assert expected == shadowed(route("a", created="2026-01-01T00:00:00Z", **first), route("b", **second))


def test_a_route_is_not_shadowed_by_its_own_paths():
    """A Prefix and a pattern below it in one Route are of no harm to each other."""
    both = {"paths": [{"type": "Prefix", "value": "/"}, {"type": "Regex", "value": "/[a-z]+"}]}
    assert [] == shadowed(route("a", **both))


def test_a_route_is_shadowed_only_if_all_its_paths_are():
    """Half of it is still reached."""
    both = {"paths": [{"type": "Exact", "value": "/a"}, {"type": "Exact", "value": "/b"}]}
    assert [] == shadowed(route("a", created="2026-01-01T00:00:00Z", **path("Exact", "/a")), route("b", **both))


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (path("Prefix", "/items/*"), Reason.WARNING),
        (path("Exact", "/users/{id}"), Reason.WARNING),
        (path("Regex", "users/[0-9]+"), Reason.INVALID),
        ({"methods": ["FOO"]}, Reason.WARNING),
    ],
)
def test_what_looks_like_a_pattern_of_another_router_is_never_silent(spec, reason):
    """`Prefix /items/*`, `/users/{id}`, a regex without a leading slash and `methods: [FOO]` were all "fine"."""
    assert [reason] == [problem.reason for problem in compiled(service(), route(**spec)).problems]
