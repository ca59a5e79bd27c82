"""Names for the objects that are made."""

from __future__ import annotations

from postern_cli.ingress_nginx.object_names import LENGTH_MAX, ObjectNames


def test_a_name_is_taken_once():
    """The second object of a name gets a digest of what it is made of, the same in each run."""
    found = [
        [names.take("Service", "demo", "a-1", made_of) for made_of in "xy"] for names in (ObjectNames(), ObjectNames())
    ]
    assert found[0] == found[1]
    assert ("a-1", True) == (found[0][0], found[0][1].startswith("a-1-"))


def test_a_kind_and_a_namespace_have_names_of_their_own():
    """A Route may have the name of its Service."""
    names = ObjectNames()
    found = {names.take(kind, namespace, "a", "x") for kind in ("Service", "Route") for namespace in ("b", "c")}
    assert {"a"} == found


def test_a_long_name_is_cut():
    """Kubernetes takes 253 characters, and two names that begin alike stay two."""
    names = ObjectNames()
    found = [names.take("Service", "demo", "a" * 250 + end, end) for end in (".bcde", ".bcdf")]
    assert 2 == len(set(found))
    assert all(len(it) <= LENGTH_MAX and it[-10] != "." for it in found)
