"""What an Ingress covers."""

import pytest

from manifests import ingress, ingress_path
from postern_core.link.ingress_scope import recovered_scope, scope_of
from postern_core.parse import parse_manifest


def covered(path, type_):
    scope = scope_of(parse_manifest(ingress("site", ingress_path(path, type_))))
    return [(match.type, match.value) for path in scope.paths for match in path.matches], bool(scope.mistakes)


@pytest.mark.parametrize(
    ("path", "type_", "expected"),
    [
        ("/a", "Exact", ("Exact", "/a")),
        ("/a/", "Exact", ("Exact", "/a/")),
        ("/a", "Prefix", ("Prefix", "/a")),
        ("/a/", "Prefix", ("Prefix", "/a")),
        ("/", "Prefix", ("Prefix", "/")),
        ("/a/b/", "ImplementationSpecific", ("Prefix", "/a/b")),
        ("", "ImplementationSpecific", ("Prefix", "/")),
        (None, "ImplementationSpecific", ("Prefix", "/")),
        ("/a%2db", "Exact", ("Exact", "/a-b")),
        ("/\u00e9 x", "Exact", ("Exact", "/%C3%A9%20x")),
        ("/a?b#c", "Exact", ("Exact", "/a%3Fb%23c")),
        ("/a(b)*", "Prefix", ("Prefix", "/a(b)*")),
    ],
)
def test_a_path_is_matched_in_normal_form(path, type_, expected):
    """A slash at the end of a prefix says nothing, and what a request would escape is escaped."""
    assert ([expected], False) == covered(path, type_)


@pytest.mark.parametrize(
    ("path", "type_", "expected"),
    [
        ("/a(/|$)(.*)", "ImplementationSpecific", "/a"),
        ("/a/*", "ImplementationSpecific", "/a"),
        ("/a/v[12]/x", "ImplementationSpecific", "/a"),
        ("/a/v(1|2)", "ImplementationSpecific", "/a"),
        ("/a/b?", "ImplementationSpecific", "/a"),
        ("/a/b.*", "ImplementationSpecific", "/a"),
        ("/a/b$", "ImplementationSpecific", "/a/b"),
        ("/a(/|$)b|/c", "ImplementationSpecific", "/"),
        ("/(a|b)", "ImplementationSpecific", "/"),
        ("^/a", "ImplementationSpecific", "/"),
        ("/a%zz", "Prefix", "/"),
        ("a", "Exact", "/"),
        ("/a/..;/b", "Prefix", "/"),
    ],
)
def test_what_cannot_be_matched_covers_all_that_it_may_have_meant(path, type_, expected):
    """A request would otherwise fall to a wider path, which may be less protected."""
    assert ([("Prefix", expected)], True) == covered(path, type_)


@pytest.mark.parametrize("type_", ["Exact", "Prefix", "ImplementationSpecific"])
def test_a_path_is_bounded(type_):
    """The API server takes a megabyte, with which nothing of a gateway could be published."""
    assert ([("Prefix", "/a")], True) == covered("/a/" + "b" * 1_000_000, type_)


def test_of_two_equal_paths_of_one_ingress_the_first_counts():
    """The second is never reached, however it is written."""
    one, two = ingress_path("/a"), ingress_path("/a/", service="other")
    scope = scope_of(parse_manifest(ingress("site", one, two)))
    assert ["0/0"] == [path.name for path in scope.paths]


def test_a_rule_without_paths_names_its_host():
    """It is for the default backend."""
    scope = scope_of(parse_manifest(ingress(rules=[{"host": "a.x"}, {}])))
    assert ({"a.x": "spec.rules[0].host", "*": "spec.rules[1]"}, ()) == (scope.hosts, scope.paths)


@pytest.mark.parametrize(
    ("rules", "hosts", "paths"),
    [
        ("all", {}, []),
        ([{"host": 1}, {"host": "A.x"}, 5], {}, []),
        ([{"host": "a.x", "http": 5}], {"a.x"}, ["Prefix /"]),
        ([{"host": "a.x", "http": {"paths": [5]}}], {"a.x"}, ["Prefix /"]),
        ([{"http": {"paths": [{"path": "/a", "pathType": "?"}]}}], {"*"}, ["Exact /a", "Prefix /a"]),
        ([{"http": {"paths": [{"path": 1}, {"path": "/b"}]}}], {"*"}, ["Prefix /", "Exact /b", "Prefix /b"]),
        ([{"http": {"paths": [{"path": "/a", "pathType": "Exact"}, {"pathType": "Prefix"}]}}], {"*"},
         ["Exact /a", "Prefix /"]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_covers_as_much_as_it_may_have_meant(rules, hosts, paths):
    """A host that can't be read is not guessed."""
    scope = recovered_scope(parse_manifest(ingress(rules=rules, unknown=1)))
    assert set(hosts) == set(scope.hosts)
    assert paths == [f"{match.type} {match.value}" for path in scope.paths for match in path.matches]


def test_a_default_backend_that_cannot_be_read_is_still_one():
    """It is refused in its place."""
    assert recovered_scope(parse_manifest(ingress(defaultBackend=5))).has_default
