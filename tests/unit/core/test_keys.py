"""Which credential has a key."""

from postern_core.grants import KeyGrant
from postern_core.link.keys import KeyClaim, settle_keys
from postern_core.ref import Ref


def claim(name, key, created="", namespace="one"):
    ref = Ref("JWTCredential", namespace, name)
    return KeyClaim(ref, key, f"{namespace}/{key}", (created or "~", namespace, name))


def held(name, key, namespace="one", since=0):
    id_ = f"{namespace}/{key}"
    return {id_: KeyGrant(id=id_, credential=name, since=since)}


def test_the_older_credential_gets_a_key_without_a_grant():
    """In whatever order they come; of equal age the one whose name comes first."""
    claims = [claim("b", "k", "2031"), claim("c", "k", "2030"), claim("a", "k", "2031"), claim("d", "k")]

    assert held("c", "k") == settle_keys(claims, {}, ()) == settle_keys(claims[::-1], {}, ())


def test_an_older_credential_gets_no_key_that_is_held():
    """Which it may name because it was edited."""
    claims = [claim("old", "k", "2030"), claim("young", "k", "2031")]

    assert held("young", "k") == settle_keys(claims, held("young", "k"), ())


def test_a_key_that_is_not_named_any_more_is_free():
    """It goes to the next that names it, at once and for good."""
    claims = [claim("one", "other"), claim("two", "k")]

    assert held("one", "other") | held("two", "k") == settle_keys(claims, held("one", "k"), ())


def test_a_credential_that_is_not_accepted_keeps_its_key():
    """No other credential gets it meanwhile."""
    broken = Ref("JWTCredential", "one", "young")

    assert held("young", "k") == settle_keys([claim("old", "k")], held("young", "k"), {broken})


def test_a_credential_that_is_not_accepted_claims_nothing():
    """Without a grant it stands in no one's way."""
    broken = Ref("JWTCredential", "one", "first")

    assert held("second", "k") == settle_keys([claim("second", "k")], {}, {broken})


def test_equal_keys_of_several_namespaces_count_in_the_order_in_which_they_came():
    """Those that come at the same time are equal, and then their age counts."""
    claims = [claim("a", "k", namespace=namespace) for namespace in ("one", "two", "three")]
    first = settle_keys(claims[1:2], {}, ())
    second = settle_keys(claims, first, ())

    assert {"two/k": 0, "one/k": 1, "three/k": 1} == {id_: grant.since for id_, grant in second.items()}
    assert second == settle_keys(claims[::-1], second, ())


def test_what_comes_back_counts_after_what_stayed():
    """A credential that gives its key up loses its place in front of other namespaces."""
    claims = [claim("a", "k", namespace="one"), claim("a", "k", namespace="two")]
    grants = settle_keys(claims, {}, ())
    back = settle_keys(claims, settle_keys(claims[1:], grants, ()), ())

    assert {"one/k": 1, "two/k": 0} == {id_: grant.since for id_, grant in back.items()}
