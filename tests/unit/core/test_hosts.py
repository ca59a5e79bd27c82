"""Which namespace a host belongs to."""

import msgspec
import pytest

from postern_core.grants import HostGrant
from postern_core.link.hosts import HOSTS_MAX, Claim, assign_hosts
from postern_core.problems import Reason
from postern_core.ref import Ref
from postern_core.resources.service import ServiceSpec


def claim(namespace, *hosts, name="s", is_certain=True):
    return Claim(Ref("Service", namespace, name), hosts, is_certain)


def held(namespace, *hosts, name="s"):
    return {host: HostGrant(id=host, namespace=namespace, service=name) for host in hosts}


def settled(*claims, grants=None):
    ownership = assign_hosts(list(claims), grants or {})
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

    assert [("a.x",), ("a.x",)] == list(assign_hosts(claims, {}).hosts.values())


def test_what_was_claimed_below_a_later_wildcard_stays():
    """The owner of the wildcard does not get it, and a third does not either."""
    hosts, problems = settled(claim("one", "a.x"), claim("two", "*.x"), claim("three", "a.x", "b.x"))

    assert ({"one": ("a.x",), "two": ("*.x",), "three": ()}, 2) == (hosts, problems)


@pytest.mark.parametrize("host", ["a.x", "*.x", "a.b.x"])
def test_an_older_namespace_gets_nothing_that_is_held(host):
    """A held host is given to no older namespace, neither by its name nor by a wildcard above it."""
    hosts, _ = settled(claim("old", "a.x", "*.x", "a.b.x"), claim("young", host), grants=held("young", host))

    assert (host,) == hosts["young"]
    assert host not in hosts["old"]


def test_a_held_wildcard_covers_what_is_named_below_it_later():
    """Whichever namespace is older."""
    hosts, problems = settled(claim("old", "a.x"), claim("young", "*.x"), grants=held("young", "*.x"))

    assert ({"old": (), "young": ("*.x",)}, 1) == (hosts, problems)


def test_a_host_that_is_not_named_any_more_is_free():
    """The grant goes to the next namespace, at once and for good."""
    settlement = assign_hosts([claim("one", "b.x"), claim("two", "a.x")], held("one", "a.x"))

    assert held("one", "b.x") | held("two", "a.x") == settlement.grants


def test_a_grant_passes_to_another_service_of_the_namespace():
    """The namespace holds the host, whichever of its Services names it."""
    claims = [claim("old", "a.x"), claim("young", "a.x", name="second"), claim("young", "a.x", name="third")]
    settlement = assign_hosts(claims, held("young", "a.x", name="first"))

    assert held("young", "a.x", name="second") == settlement.grants


@pytest.mark.parametrize("order", [1, -1])
def test_the_holder_stays_the_holder(order):
    """Among the Services of a namespace the grant names the same one as before."""
    claims = [claim("one", "a.x", name="first"), claim("one", "a.x", name="second")][::order]

    assert held("one", "a.x", name="second") == assign_hosts(claims, held("one", "a.x", name="second")).grants


def test_a_service_that_is_not_accepted_keeps_what_it_holds():
    """It may well name the host in what can't be read."""
    broken = Claim(Ref("Service", "young", "s"), None, is_certain=False)
    settlement = assign_hosts([claim("old", "a.x"), broken], held("young", "a.x"))

    assert held("young", "a.x") == settlement.grants
    assert () == settlement.hosts[broken.service]


def test_a_service_that_is_not_accepted_holds_no_more_than_it_may_name():
    """A broken Service holds no more hosts than it may name, so that refused edits don't add up."""
    grants = {}
    for number in range(4):
        hosts = [f"h{number}-{index}.x" for index in range(HOSTS_MAX - 1)]
        grants = assign_hosts([claim("one", *hosts, is_certain=False)], grants).grants

    assert HOSTS_MAX == len(grants)


def test_an_ingress_that_is_not_accepted_keeps_all_its_hosts():
    """It may name more than a Service, and those beyond went to the next that asked."""
    hosts = [f"h{index}.x" for index in range(3 * HOSTS_MAX)]
    grants = held("young", *hosts, name="Ingress/s")
    broken = Claim(Ref("Ingress", "young", "s"), None, is_certain=False)
    assert grants == assign_hosts([claim("old", *hosts), broken], grants).grants


def test_a_namespace_holds_a_bounded_number_of_hosts():
    """Each takes half a kilobyte of every worker, and an Ingress of a megabyte names fifty thousand."""
    claims = [claim("one", "a.x", "b.x", "c.x", "d.x"), claim("two", "e.x")]
    found = assign_hosts(claims, held("one", "d.x"), hosts_max=2)
    assert [("a.x", "d.x"), ("e.x",)] == list(found.hosts.values())
    assert [(Reason.SHARE_EXCEEDED, "spec.hosts[1]")] == [(it.reason, it.field) for it in found.problems]
    assert held("one", "a.x", "b.x", "c.x", "d.x").keys() == assign_hosts(claims[:1], found.grants).grants.keys()


def test_what_a_namespace_holds_stays_where_its_share_is_lowered():
    """No setting takes a host away that is served."""
    grants = held("one", "a.x", "b.x")
    assert grants == assign_hosts([claim("one", "a.x", "b.x")], grants, hosts_max=1).grants


def test_conflicts_of_one_object_are_bounded():
    """An Ingress that names thousands of hosts of another namespace would fill the operator's memory with them."""
    hosts = [f"h{index}.x" for index in range(3 * HOSTS_MAX)]
    found = assign_hosts([claim("old", "*.x"), claim("young", *hosts), claim("third", "a.x")], {})
    assert HOSTS_MAX + 1 == len(found.problems)


def test_a_service_may_name_as_many_hosts_as_it_may_hold():
    """The bound is the one of the kind."""
    hosts = [f"h{index}.x" for index in range(HOSTS_MAX + 1)]
    upstream = {"url": "http://127.0.0.1"}

    assert msgspec.convert({"hosts": hosts[:-1], "upstream": upstream}, ServiceSpec)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"hosts": hosts, "upstream": upstream}, ServiceSpec)


def test_a_conflict_names_who_has_the_host():
    """A conflict names the Service that has the host, and the wildcard that covers it."""
    claims = [claim("one", "a.x", "a.y"), claim("two", "a.x", "*.y")]
    messages = [it.message for it in assign_hosts(claims, held("two", "a.x", "*.y")).problems]

    assert [
        "a.x belongs to namespace two already (Service two/s has it); choose another host",
        "a.y belongs to namespace two already (Service two/s has *.y); choose another host",
    ] == messages


def test_many_that_are_not_accepted_are_found_in_one_pass_over_what_is_held():
    """A tenant with thousands of broken Ingresses would otherwise hold up each compile of all others."""
    passes = []

    class Held(dict):
        def __iter__(self):
            passes.append(1)
            return super().__iter__()

        def items(self):
            passes.append(1)
            return super().items()

    grants = Held({f"{n}.x": HostGrant(id=f"{n}.x", namespace="one", service=f"s{n}") for n in range(100)})
    claims = [Claim(Ref("Service", "one", f"s{n}"), None, is_certain=False) for n in range(100)]

    assert dict(grants) == assign_hosts(claims, grants).grants
    assert len(passes) < 10
