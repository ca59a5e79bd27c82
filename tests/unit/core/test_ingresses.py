"""Ingresses, resolved into routes."""

from manifests import compiled, ingress, ingress_class, ingress_path, jwt_policy, kubernetes_service, route, service
from postern_core.grants import Grants
from postern_core.link.hosts import Claim
from postern_core.link.ingresses import Ingresses
from postern_core.link.shares import Share
from postern_core.link.sizes import ENTRY_BYTES_MAX, size_of

WEB = kubernetes_service()
POLICY = "postern.dev/jwt-policy"
BACKEND = {"service": {"name": "web", "port": {"number": 80}}}


def day(number):
    return f"2026-01-{number:02}T00:00:00Z"


def entries(found):
    return {it.id.removeprefix("Ingress/default/"): bool(it.refusal) for it in found.snapshot.routes}


def told(found):
    return [(str(it.ref), it.reason.text, it.field) for it in found.problems]


def test_each_path_is_a_route_of_its_own():
    """Named by the Ingress and by the numbers of rule and path."""
    rules = [{"host": h, "http": {"paths": [ingress_path("/a"), ingress_path("/b")]}} for h in ("a.x", "*.b.x")]
    found = compiled(ingress_class(), *WEB, ingress(rules=rules))
    assert dict.fromkeys(["site/0/0", "site/0/1", "site/1/0", "site/1/1"], False) == entries(found)
    assert [False, False, True, True] == [it.is_one_label for it in found.snapshot.routes]
    assert {"Ingress/default/site"} == {it.service for it in found.snapshot.routes}


def test_paths_that_lead_somewhere_go_on_beside_those_that_do_not():
    """One missing Service is no reason to take down a site."""
    found = compiled(ingress_class(), *WEB, ingress("site", ingress_path("/a"), ingress_path("/b", service="none")))
    assert {"site/0/0": False, "site/0/1": True} == entries(found)


def test_a_policy_protects_all_paths_of_an_ingress():
    """By its annotation; its entry is in the snapshot once, and its headers are cleaned on every path."""
    forward = [{"claim": "sub", "header": "X-Subject"}]
    signed = jwt_policy(jwt={"forwardClaims": forward})
    paths = [ingress_path("/a"), ingress_path("/b")]
    objects = [signed, ingress("site", *paths, annotations={POLICY: "signed"}), ingress("open", ingress_path("/c"))]
    snapshot = compiled(ingress_class(), *WEB, *objects).snapshot
    assert ["JWTPolicy/default/signed"] == [it.id for it in snapshot.policies]
    policies = {it.id.rpartition("t/")[2]: it.policy for it in snapshot.routes}
    assert [None, *["JWTPolicy/default/signed"] * 2] == list(policies.values())
    assert {("x-subject",)} == {it.clean_headers for it in snapshot.routes}


def test_an_ingress_whose_policy_is_missing_is_refused():
    """Without the policy it would be open."""
    found = compiled(ingress_class(), *WEB, ingress(annotations={POLICY: "signed"}))
    assert {"site/0/0": True} == entries(found)
    assert [("Ingress default/site", "PolicyNotFound", f"metadata.annotations[{POLICY}]")] == told(found)


def test_a_policy_of_an_ingress_that_is_refused_is_left_out():
    """No route names it."""
    auth = {"nginx.ingress.kubernetes.io/auth-url": "x", POLICY: "signed"}
    found = compiled(ingress_class(), *WEB, jwt_policy(), ingress(annotations=auth))
    assert ({"site/0/0": True}, ()) == (entries(found), found.snapshot.policies)


def test_what_is_refused_names_no_backend_of_the_snapshot():
    """Nothing would use it."""
    assert () == compiled(ingress_class(), *WEB, ingress(annotations={POLICY: "signed"})).snapshot.backends


def test_a_host_stays_with_the_namespace_that_had_it_first():
    """A grant names the Ingress that holds it, and an older one of another namespace takes nothing."""
    first = compiled(ingress_class(), ingress(created=day(2)))
    assert "Ingress/site" == first.grants.hosts["app.example.com"].service
    older = ingress(namespace="older", created=day(1))
    found = compiled(ingress_class(), ingress(created=day(2)), older, grants=first.grants)
    assert [("Ingress older/site", "HostConflict", "spec.rules[0].host")] == [
        it for it in told(found) if it[1] == "HostConflict"
    ]


def test_an_ingress_and_a_service_of_one_name_are_two():
    """Each gives up what it held when it is gone, and only that."""
    both = compiled(service("site", hosts=["a.x"]), ingress_class(), ingress(host="b.x"))
    assert {"a.x": "site", "b.x": "Ingress/site"} == {it.id: it.service for it in both.grants.hosts.values()}
    left = compiled(ingress_class(), ingress(host="b.x"), grants=both.grants)
    assert {"b.x"} == set(left.grants.hosts)


def test_an_ingress_that_cannot_be_read_gives_no_host_up():
    """It may name the host still."""
    held = compiled(ingress_class(), ingress()).grants
    broken = ingress(rules=[{"host": ["app.example.com"]}])
    other = ingress(namespace="other", created=day(1))
    found = compiled(ingress_class(), broken, other, grants=held)
    assert ("Ingress other/site", "HostConflict", "spec.rules[0].host") in told(found)


def test_what_an_ingress_that_cannot_be_read_would_take_is_refused():
    """Its readable paths in their places."""
    broken = ingress("site", ingress_path("/a") | {"typo": 1})
    found = compiled(ingress_class(), *WEB, broken)
    assert ({"site/0/0": True}, ["/a"]) == (entries(found), [it.paths[0].value for it in found.snapshot.routes])


def test_an_ingress_keeps_its_hosts_while_its_class_is_not_there():
    """A class that is deleted and made anew would give every host to the first that has asked for it."""
    taker = [service(namespace="two", hosts=["app.example.com"]), route(namespace="two")]
    grants = compiled(ingress_class(), *WEB, ingress()).grants
    for classes in ([], [ingress_class()]):
        found = compiled(*classes, *WEB, ingress(), *taker, grants=grants)
        assert grants == found.grants
        assert ("Service two/app", "HostConflict", "spec.hosts[0]") in told(found)
    moved = compiled(ingress_class("nginx", controller="x/y"), ingress(ingressClassName="nginx"), *taker, grants=grants)
    assert "two" == moved.grants.hosts["app.example.com"].namespace


def test_an_ingress_that_becomes_a_canary_keeps_its_hosts():
    """What is not served gives nothing to the next that asked; a canary from the start has none to keep."""
    canary = ingress(annotations={"nginx.ingress.kubernetes.io/canary": "true"})
    other = ingress("other", namespace="two", created=day(1))
    objects = [ingress_class(), *WEB, *kubernetes_service(namespace="two"), canary, other]
    grants = compiled(ingress_class(), *WEB, ingress()).grants
    assert ["default", "two"] == [
        compiled(*objects, grants=held).grants.hosts["app.example.com"].namespace for held in (grants, Grants())
    ]


def test_a_default_backend_has_the_hosts_of_its_namespace():
    """Every host that nothing names is among them where its namespace owns those."""
    default = ingress("default", host="d.x", created=day(1), defaultBackend=BACKEND)
    other = ingress("other", host="o.x", created=day(2))
    foreign = ingress("foreign", host="f.x", namespace="two", created=day(3), defaultBackend=BACKEND)
    found = compiled(ingress_class(), *WEB, *kubernetes_service(namespace="two"), default, other, foreign)
    hosts = {it.id: it.hosts for it in found.snapshot.routes if it.is_default}
    assert ("*", "d.x", "o.x") == hosts["Ingress/default/default/default"]
    assert ("f.x",) == hosts["Ingress/two/foreign/default"]
    assert [("Ingress two/foreign", "HostConflict", "spec.defaultBackend")] == told(found)


def test_a_default_backend_of_many_hosts_is_several_entries():
    """One entry of four thousand long hosts kept a gateway from publishing anything, for every tenant."""
    wide = [f"{n}.{'.'.join(['h' * 60] * 4)}" for n in range(4_000)]
    many = ingress("many", rules=[{"host": host} for host in wide], defaultBackend=BACKEND)
    found = compiled(ingress_class(), *WEB, many)
    assert {"*", *wide} == {host for it in found.snapshot.routes for host in it.hosts}
    assert ["many/default", *(f"many/default/{n}" for n in range(1, 5))] == [it.name for it in found.snapshot.routes]
    assert all(it.is_default and size_of(it) <= ENTRY_BYTES_MAX for it in found.snapshot.routes)


def test_hosts_beyond_the_share_of_a_namespace_are_not_held():
    """An Ingress of a megabyte names fifty thousand, which count as few bytes and take much memory of each worker."""
    many = ingress("many", rules=[{"host": f"h{n}.x"} for n in range(9)], defaultBackend=BACKEND)
    found = compiled(ingress_class(), *WEB, many, share=Share(routes=1))
    assert 5 == len(found.grants.hosts) == len({host for it in found.snapshot.routes for host in it.hosts})
    assert [("Ingress default/many", "ShareExceeded", "spec.rules[5].host")] == told(found)


def test_only_the_oldest_default_backend_of_a_namespace_counts():
    """The others are told."""
    one, two = (ingress(name, created=day(n), defaultBackend=BACKEND) for n, name in ((2, "young"), (1, "old")))
    found = compiled(ingress_class(), *WEB, one, two)
    assert ["Ingress/default/old/default"] == [it.id for it in found.snapshot.routes if it.is_default]
    assert ("Ingress default/young", "Warning", "spec.defaultBackend") in told(found)


def test_a_challenge_of_acme_is_not_covered_by_what_refuses_the_host():
    """A solver's Ingress has the exact path and nothing of another Ingress's own."""
    guarded = ingress("guarded", annotations={POLICY: "signed"}, created=day(1))
    path = "/.well-known/acme-challenge/token"
    solver = ingress("solver", ingress_path(path, "ImplementationSpecific"), created=day(2))
    found = compiled(ingress_class(), *WEB, guarded, solver)
    assert {"guarded/0/0": True, "solver/0/0": False} == entries(found)


def test_paths_count_in_the_share_of_their_namespace():
    """The youngest beyond it are refused in their places, of whichever kind."""
    objects = [
        service(),
        route(created=day(1)),
        ingress("site", ingress_path("/a"), ingress_path("/b"), created=day(2)),
    ]
    found = compiled(ingress_class(), *WEB, *objects, share=Share(routes=2))
    refused = [it.id for it in found.snapshot.routes if it.refusal]
    assert ["Ingress/default/site/0/1"] == refused
    assert ("Ingress default/site", "ShareExceeded", "") in told(found)


def test_far_beyond_its_share_each_host_of_a_namespace_is_refused():
    """An Ingress has a refusal for each of its hosts."""
    rules = [{"host": h, "http": {"paths": [ingress_path("/a"), ingress_path("/b")]}} for h in ("a.x", "*.b.x")]
    found = compiled(ingress_class(), *WEB, ingress(rules=rules), share=Share(routes=1))
    assert [(("a.x",), False), (("*.b.x",), True)] == [(it.hosts, it.is_one_label) for it in found.snapshot.routes]
    assert all(it.refusal for it in found.snapshot.routes)


def test_a_host_without_a_path_does_not_fall_to_another_namespace():
    """It would reach the application of another tenant."""
    wide = service("wide", "two", hosts=["*.example.com"], created=day(2))
    taker = route("all", "two", serviceRef={"name": "wide"})
    bare = ingress("bare", rules=[{"host": "bare.example.com"}], created=day(1))
    found = compiled(ingress_class(), bare, wide, taker)
    assert {"Ingress/default/bare": True, "Route/two/all": False} == {
        it.id: bool(it.refusal) for it in found.snapshot.routes
    }


def test_a_gateway_without_ingresses_claims_nothing_for_them():
    """The order of Services is as it was."""
    assert (Ingresses().claims, Claim) == ([], Claim)
    assert Grants() == compiled(ingress_class()).grants
