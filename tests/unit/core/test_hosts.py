"""Which namespace a host belongs to."""

import pytest

from postern_core.link.hosts import Claim, settle_hosts
from postern_core.ref import Ref


def claim(namespace, *hosts):
    return Claim(Ref("Service", namespace, "s"), hosts)


def settled(*claims):
    ownership = settle_hosts(list(claims))
    return {ref.namespace: hosts for ref, hosts in ownership.hosts.items()}, len(ownership.problems)


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        (["a.x"], ["a.x"], ()),
        (["a.x"], ["b.x"], ("b.x",)),
        (["*.x"], ["a.x", "a"], ("a",)),
        (["*.x"], ["a.b.x"], ()),
        (["*.x"], ["*.b.x"], ()),
        (["*.x"], ["x"], ("x",)),
        (["*.b.x"], ["*.x"], ("*.x",)),
        (["a.x"], ["*.x"], ("*.x",)),
        ([], [], ()),
        ([], ["a.x"], ("a.x",)),
        (["a.x"], [], ("*",)),
    ],
)
def test_the_older_namespace_keeps_what_it_claimed(first, second, left):
    """Whoever comes second gets what is left."""
    hosts, problems = settled(claim("one", *first), claim("two", *second))

    assert left == hosts["two"]
    assert len(second or ["*"]) - len(left) == problems


def test_services_of_one_namespace_share_their_hosts():
    """They can't steal from themselves."""
    claims = [Claim(Ref("Service", "one", name), ("a.x",)) for name in "ab"]

    assert [("a.x",), ("a.x",)] == list(settle_hosts(claims).hosts.values())


def test_what_was_claimed_below_a_later_wildcard_stays():
    """The owner of the wildcard does not get it, and a third does not either."""
    hosts, problems = settled(claim("one", "a.x"), claim("two", "*.x"), claim("three", "a.x", "b.x"))

    assert ({"one": ("a.x",), "two": ("*.x",), "three": ()}, 2) == (hosts, problems)
