"""What pages show, without a browser: from the state of folders to the context of a template."""

from __future__ import annotations

import pytest

import manifests
from postern_console.object_document import document_of
from postern_console.paging import Query
from postern_console.permissions import Permissions
from postern_console.views.facts import facts_of, headings_of
from postern_console.views.findings import place_of
from postern_console.views.links import link_to, object_path
from postern_console.views.object_detail import object_detail
from postern_console.views.object_list import object_list
from postern_console.views.overview import overview
from postern_core.kinds import KINDS
from postern_core.ref import Ref

ISSUER = {
    "issuer": "https://login.example.com",
    "keys": {"ref": {"name": "keys", "key": "jwks.json"}},
    "callers": {"anyone": {}},
    "audiences": ["orders"],
}


def facts(folder, kind, name):
    state = folder.state()
    return list(facts_of(state.objects[Ref(kind, "default", name)], state).values())


def test_an_address_holds_any_name():
    """The name of a broken object may be anything."""
    assert "/services/default/a%2F%3F%23%20b" == object_path(Ref("Service", "default", "a/?# b"))


def test_what_does_not_exist_has_no_address(protected):
    """A Route of a missing Service leads nowhere."""
    assert "" == link_to(Ref("Service", "default", "gone"), protected.state()).href


def test_a_place_is_below_the_folder_that_was_named(protected):
    """A path starts with the name by which its owner calls the folder."""
    file = str(protected.path / "all.yaml")
    assert "manifests/all.yaml:3" == place_of(file, 3, [protected.path])
    assert file == place_of(file, None, [])


def test_the_overview_counts_and_has_errors_first(folder):
    """The heading says how it stands."""
    folder.write(manifests.route(methods=["get"]), manifests.service(), manifests.consumer())
    shown = overview(folder.state(), Query())
    assert "1 error" in shown["summary"]
    assert ("error", "spec.methods[0]") == (shown["findings"][0].severity, shown["findings"][0].field)
    assert "/routes/default/all" == shown["findings"][0].about.href
    assert [1, 1, 1, 0, 0, 0, 0] == [kind.total for kind in shown["kinds"]]
    assert [0, 1, 0, 0, 0, 0, 0] == [kind.errors for kind in shown["kinds"]]


def test_an_overview_without_problems_says_so(protected):
    """The absence of problems is said in words."""
    assert "Nothing is wrong" == overview(protected.state(), Query())["summary"]


def test_an_object_without_a_name_and_a_file_are_findings(folder):
    """They have no page of their own."""
    folder.write({"apiVersion": "postern.dev/v1alpha1", "kind": "Route", "metadata": {}, "spec": {}})
    folder.write("a: [", name="broken.yaml")
    abouts = [finding.about for finding in overview(folder.state(), Query())["findings"]]
    assert {("Route without a name", ""), ("File", "")} == {(about.text, about.href) for about in abouts}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ["app.example.com", "/", "http://127.0.0.1:18080", "public", "0"]),
        (
            {"hosts": [], "upstream": {"service": {"name": "web", "port": 80}}, "auth": {"jwt": {}}},
            ["every host", "/", "Service web:80", "token required", "0"],
        ),
        (
            {"upstream": {"endpoints": [{"address": "10.0.0.1", "port": 80}]}, "auth": {"jwt": {"mode": "Optional"}}},
            ["app.example.com", "/", "10.0.0.1:80", "token optional", "0"],
        ),
    ],
)
def test_the_facts_of_a_service(folder, spec, expected):
    """Hosts, prefix, upstream, protection and how many Routes."""
    folder.write(manifests.service(**spec))
    assert expected == facts(folder, "Service", "app")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ["app", "every method", "every path", "token required (the Service's)"]),
        (
            {"methods": ["GET"], "paths": [{"type": "Prefix", "value": "/a"}], "auth": {"jwt": {"mode": "Disabled"}}},
            ["app", "GET", "/a (prefix)", "public"],
        ),
        ({"serviceRef": {"name": "gone"}}, ["gone", "every method", "every path", "unknown"]),
        ({"methods": 1}, ["unknown", "unknown", "unknown", "unknown"]),
    ],
)
def test_the_facts_of_a_route(folder, spec, expected):
    """What protects it may be the Service's, and is unknown where that is missing."""
    folder.write(manifests.service(auth={"jwt": {}}), manifests.route(**spec))
    assert expected == facts(folder, "Route", "all")


def test_the_facts_of_callers(protected):
    """Groups and credentials; whose key it is and how many there are."""
    assert ["readers", "none", "1"] == facts(protected, "Consumer", "alice")
    assert ["alice", "alice", "HS256", "1"] == facts(protected, "JWTCredential", "alice")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"jwt": {}}, ["what names it", "token required", "none", "every consumer"]),
        (
            {
                "jwt": {"mode": "Optional", "requiredClaims": ["exp"], "allow": {"consumers": ["a"], "groups": ["g"]}},
                "targetRefs": [{"group": "networking.k8s.io", "kind": "Ingress", "name": "web"}],
            },
            ["Ingress web", "token optional", "exp", "a, group g"],
        ),
    ],
)
def test_the_facts_of_a_policy(folder, spec, expected):
    """What it protects, and who may pass there."""
    folder.write(manifests.manifest("JWTPolicy", "p", spec))
    assert expected == facts(folder, "JWTPolicy", "p")


def test_a_credential_of_an_issuer_makes_no_token(protected):
    """Its keys are the provider's, and so are its tokens."""
    spec = {"consumerRef": {"name": "alice"}, "issuerRef": {"name": "login"}, "key": "x"}
    protected.write(manifests.manifest("JWTCredential", "sso", spec), name="sso.yaml")
    assert ["alice", "x", "the issuer's", "TokenIssuer login"] == facts(protected, "JWTCredential", "sso")
    assert ["Edit"] == [link.text for link in detail(protected, "JWTCredential", "sso")["actions"]]
    texts = [link.text for link in detail(protected, "Consumer", "alice")["actions"]]
    assert ["Edit", "Generate JSON Web Token with alice"] == texts


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ["https://login.example.com", "orders", "named by the token", "ConfigMap keys"]),
        (
            {"issuer": None, "keys": {"kubernetes": {}}},
            ["the API server's", "orders", "named by the token", "the API server"],
        ),
        (
            {"audiences": [], "anyAudience": True, "callers": {"consumer": {"name": "alice"}}},
            ["https://login.example.com", "any", "alice", "ConfigMap keys"],
        ),
    ],
)
def test_the_facts_of_an_issuer(folder, spec, expected):
    """Whose tokens, for whom, and by which keys."""
    folder.write(manifests.manifest("TokenIssuer", "login", ISSUER | spec))
    assert expected == facts(folder, "TokenIssuer", "login")


def test_a_kind_without_facts_is_listed_all_the_same(protected, monkeypatch):
    """Its objects have their names and their states."""
    monkeypatch.setattr("postern_console.views.facts.FACTS", {})
    shown = object_list(protected.state(), "Service", Query())
    assert ((), {}, "fine") == (shown["headings"], shown["rows"][0].facts, shown["rows"][0].health.text)


def test_a_list_has_pages_and_a_search(folder):
    """What is searched for may stand in any column."""
    folder.write(*(manifests.consumer(f"c{number:03}", groups=[f"g{number % 2}"]) for number in range(120)))
    state = folder.state()
    assert (50, 120) == (len(object_list(state, "Consumer", Query())["rows"]), 120)
    found = object_list(state, "Consumer", Query("g1", page=2))
    assert (60, "default/c119", 2) == (found["page"].total, found["rows"][-1].link.text, found["page"].number)


def test_a_list_of_problems_has_nothing_else(folder):
    """Only what has findings is left."""
    folder.write(manifests.service(), manifests.route("a"), manifests.route("b", methods=["get"]))
    rows = object_list(folder.state(), "Route", Query(has_findings=True))["rows"]
    assert [("default/b", "1 error")] == [(row.link.text, row.health.text) for row in rows]


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_may_be_empty(folder, kind):
    """It has its headings and no rows."""
    shown = object_list(folder.state(), kind, Query())
    assert ([], headings_of(kind)) == (shown["rows"], shown["headings"])


def detail(folder, kind, name):
    state = folder.state()
    parsed = state.objects[Ref(kind, "default", name)]
    return object_detail(state, parsed, document_of(parsed))


def test_an_object_has_its_parent_its_children_and_its_yaml(protected):
    """From a Service one comes to its Routes and back."""
    service, route = detail(protected, "Service", "app"), detail(protected, "Route", "all")
    assert ["/routes/default/all"] == [row.link.href for row in service["children"]]
    assert ("Routes", None) == (service["children_title"], service["parent"])
    assert ("Service", "/services/default/app") == (route["parent"][0], route["parent"][1].href)
    assert "value: /v1" in route["yaml"]
    assert "manifests/all.yaml:" in route["place"]


def test_an_object_with_a_problem_says_where(folder):
    """The message, the field and the line are those of validate."""
    folder.write(manifests.service(), manifests.route(methods=["get"]))
    shown = detail(folder, "Route", "all")
    assert ("1 error", "spec.methods[0]") == (shown["health"].text, shown["findings"][0].field)


def test_an_object_whose_file_has_changed_has_no_yaml(protected):
    """The next look will find it."""
    state = protected.state()
    parsed = state.objects[Ref("Service", "default", "app")]
    assert ("", "") == tuple(object_detail(state, parsed, None)[name] for name in ("yaml", "place"))


def test_what_can_t_be_done_with_an_object_is_said(protected):
    """The reason stands where the button would be."""
    state = protected.state()
    ref = Ref("JWTCredential", "default", "alice")
    permissions = Permissions("no patch", "no Secret", "Helm keeps it.")
    shown = object_detail(state, state.objects[ref], None, permissions)
    assert ([], 3) == (shown["actions"], len(shown["barred"]))
    assert ("It can't be edited from here: no patch.", "Helm keeps it.") == (shown["barred"][0], shown["barred"][-1])
    shown = object_detail(state, state.objects[ref], None)
    assert (2, []) == (len(shown["actions"]), shown["barred"])


def test_a_kind_that_can_t_be_made_has_no_button(protected):
    """The list says why, and says nothing of a kind that has no form at all."""
    shown = object_list(protected.state(), "Route", Query(), Permissions("no right"))
    assert (None, "no right") == (shown["new"], shown["barred"])
    assert "" == object_list(protected.state(), "TokenIssuer", Query(), Permissions("no right"))["barred"]


def test_an_ingress_is_shown_beside_our_kinds(folder):
    """Its facts are its class, hosts and paths, and what is wrong with it is a finding; it has no form."""
    folder.write(manifests.ingress("shop"), manifests.ingress_class())
    state = folder.state()
    ref = Ref("Ingress", "default", "shop")
    assert ref in state.objects
    listed = object_list(state, "Ingress", Query())
    assert (["Class", "Hosts", "Paths"], None, "/ingresses/default/shop") == (
        list(listed["headings"]), listed["new"], listed["rows"][0].link.href,
    )  # fmt: skip
    shown = object_detail(state, state.objects[ref], document_of(state.objects[ref]))
    assert ([], True) == (shown["actions"], "ingressClassName" in shown["yaml"])
