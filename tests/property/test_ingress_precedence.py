"""Of paths of Routes and of Ingresses on one host, the one takes a request that a plain reading of their rules says."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

import manifests
from heads import head
from manifests import compiled
from postern_core.ref import Ref
from postern_core.snapshot import PathMatch, Route
from postern_dataplane.request.target import Target
from postern_dataplane.table.compiled import CompiledRoute
from postern_dataplane.table.virtual_hosts import VirtualHosts

ELEMENTS = st.lists(st.sampled_from(["a", "ab", "b"]), max_size=3)
REQUESTED = st.builds(
    lambda parts, slash: "/" + "/".join(parts) + (slash if parts else ""), ELEMENTS, st.sampled_from(["", "/"])
)
TYPES = st.sampled_from(["Exact", "Prefix"])
AGES = st.sampled_from(["", "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"])
NAMES = ("a", "a-b", "a.b", "ab", "b")
OBJECTS = st.lists(
    st.tuples(st.sampled_from(["Route", "Ingress"]), st.sampled_from(NAMES), AGES, TYPES, REQUESTED),
    max_size=8,
    unique_by=lambda it: it[:2],
)
WEB = manifests.kubernetes_service()


def objects_of(specs):
    yield from (manifests.service(), manifests.ingress_class(), *WEB)
    for kind, name, created, type_, path in specs:
        if kind == "Ingress":
            yield manifests.ingress(name, manifests.ingress_path(path, type_), created=created)
        else:
            yield manifests.route(name, created=created, paths=[{"type": type_, "value": path}])


def elements(path):
    return [part for part in path.split("/") if part]


def takes(type_, path, requested):
    """By the text of the standard: a prefix is matched element by element, an exact path as it is."""
    if type_ == "Exact":
        return path == requested
    return elements(requested)[: len(elements(path))] == elements(path)


def expected(specs, requested):
    """The object that comes first of all that take the path: kind and name."""
    found = [
        (type_ != "Exact", -len("/".join(elements(path))), created or "~", name, kind == "Ingress", kind)
        for kind, name, created, type_, path in specs
        if takes(type_, path, requested)
    ]
    return (min(found)[5], min(found)[3]) if found else None


@settings(max_examples=200, deadline=None)
@given(OBJECTS, REQUESTED)
def test_the_first_of_all_that_take_a_path_has_it(specs, requested):
    """Exact before prefixes, longer ones before shorter ones, then the older object, then its name."""
    snapshot = compiled(*objects_of(specs)).snapshot
    hosts = VirtualHosts(CompiledRoute(entry, None, None) for entry in snapshot.routes)
    target = Target("app.example.com", "app.example.com", requested, None, has_encoded_slash=False)
    host = hosts.find(target.host)
    taken = host.find(target, head(requested)) if host else None
    assert expected(specs, requested) == (taken and Ref.of(taken.id)[::2])


PATTERNS = ("/.*", "/a.*", "/(a|b)/?.*", "/ab?")
METHODS = st.sampled_from([(), ("GET",), ("POST",), ("GET", "POST")])
INGRESSES = st.tuples(st.just("Ingress"), st.sampled_from(NAMES), AGES, TYPES, REQUESTED, st.just(()), st.just(False))
ROUTES = st.one_of(
    st.tuples(st.just("Route"), st.sampled_from(NAMES), AGES, TYPES, REQUESTED, METHODS, st.booleans()),
    st.tuples(
        st.just("Route"), st.sampled_from(NAMES), AGES, st.just("Regex"), st.sampled_from(PATTERNS), METHODS,
        st.booleans(),
    ),
)  # fmt: skip
MIXED = st.lists(st.one_of(INGRESSES, ROUTES), max_size=8, unique_by=lambda it: it[:2])
RANKS = {"Exact": 0, "Prefix": 1, "Regex": 2}


def mixed_objects(specs, *, has_default):
    """The manifests of these paths, of which those of Routes may ask for a method and a header."""
    for spec in specs:
        kind, name, created, type_, path, methods, asks = spec
        if kind == "Ingress":
            yield manifests.ingress(name, manifests.ingress_path(path, type_), created=created)
        else:
            headers = [{"name": "X-A", "value": "1"}] if asks else []
            yield manifests.route(
                name, created=created, paths=[{"type": type_, "value": path}], methods=list(methods), headers=headers
            )
    if has_default:
        backend = {"service": {"name": "web", "port": {"number": 80}}}
        yield manifests.ingress("rest", rules=[{"host": "app.example.com"}], defaultBackend=backend)


def first_of(specs, requested, method, *, has_header, has_default):
    """The object that a plain sort of all that take the request puts first."""
    found = [
        (RANKS[type_], -len("/".join(elements(path))) if type_ != "Regex" else 0, -asks, created or "~", name,
         kind == "Ingress", kind)
        for kind, name, created, type_, path, methods, asks in specs
        if (re.fullmatch(path, requested) if type_ == "Regex" else takes(type_, path, requested))
        and (not methods or method in methods)
        and (has_header or not asks)
    ]  # fmt: skip
    if not found:
        return ("Ingress", "rest") if has_default else None
    *_, name, _, kind = min(found)
    return kind, name


@settings(max_examples=200, deadline=None)
@given(MIXED, st.booleans(), REQUESTED, st.sampled_from(["GET", "POST"]), st.booleans())
def test_both_front_ends_are_one_order(specs, has_default, requested, method, has_header):
    """Patterns come behind prefixes, more headers before fewer, then the older object; a default backend comes last."""
    documents = [manifests.service(), manifests.ingress_class(), *WEB, *mixed_objects(specs, has_default=has_default)]
    snapshot = compiled(*documents).snapshot
    hosts = VirtualHosts(CompiledRoute(entry, None, None) for entry in snapshot.routes)
    target = Target("app.example.com", "app.example.com", requested, None, has_encoded_slash=False)
    host = hosts.find(target.host)
    request = head(requested, *([("X-A", "1")] if has_header else []), method=method)
    taken = host.find(target, request) if host else None
    wanted = first_of(specs, requested, method, has_header=has_header, has_default=has_default)
    assert wanted == (taken and Ref.of(taken.id)[::2])


HOSTS = st.lists(
    st.tuples(st.sampled_from(["x", "a.x", "b.a.x", "*.x", "*.a.x", "*.b.a.x", "*"]), st.booleans()),
    max_size=6,
    unique=True,
)


def stands_for(pattern, is_one_label, host):
    """Whether a host of a route means this name."""
    if not pattern.startswith("*."):
        return pattern in (host, "*")
    own, above = host.split("."), pattern.split(".")[1:]
    labels = len(own) - len(above)
    return own[-len(above) :] == above and (labels == 1 if is_one_label else labels >= 1)


@given(
    HOSTS,
    st.permutations(range(6)),
    st.sampled_from(["x", "a.x", "c.x", "b.a.x", "c.a.x", "c.b.a.x", "d.c.b.a.x", "y"]),
)
def test_the_most_specific_host_that_means_a_name_has_it(hosts, order, host):
    """However many labels wildcards stand for, and in whatever order routes come: a look-up is a plain search."""
    entries = [
        Route(
            id=f"Route/n/{number}", namespace="n", name=str(number), created="", hosts=(pattern,), backend="",
            service="", paths=(PathMatch(type="Prefix", value="/"),), is_one_label=is_one_label,
        ) for number, (pattern, is_one_label) in enumerate(hosts)
    ]  # fmt: skip
    found = VirtualHosts()
    for number in order:
        found = found.with_changes([], [CompiledRoute(it, None, None) for it in entries[number : number + 1]])
    meaning = [it for it, (pattern, narrow) in zip(entries, hosts, strict=True) if stands_for(pattern, narrow, host)]
    best = max((len(it.hosts[0].removeprefix("*")) * 2 + (it.hosts[0][0] != "*") for it in meaning), default=0)
    wanted = {it.id for it in meaning if len(it.hosts[0].removeprefix("*")) * 2 + (it.hosts[0][0] != "*") == best}
    routes = found.find(host)
    assert wanted == ({row.id for row in routes.rows} if routes else set())
