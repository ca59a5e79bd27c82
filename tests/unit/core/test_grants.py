"""Grants as values, and what a snapshot shows of them."""

from manifests import compiled, consumer, credential, route, secret, service
from postern_core.grants import Grants, HostGrant, KeyGrant, grants_in

ALL = {"jwt": {"allow": {"namespaces": "All"}}}


def grant(host, namespace="default"):
    return HostGrant(id=host, namespace=namespace, service="app")


def test_what_is_served_shows_its_grants():
    """A snapshot that was published without grants says by whom each host and key was held."""
    made = compiled(service(hosts=["a.x", "*.y"], auth=ALL), route(), consumer(), credential(key="k"), secret())

    assert {"a.x", "*.y"} == made.grants.hosts.keys()
    assert made.grants == grants_in(made.snapshot)


def test_a_host_that_no_route_serves_is_granted_all_the_same():
    """The snapshot doesn't show it, so it is remembered beside it."""
    made = compiled(service(hosts=["a.x"]))

    assert {"a.x": grant("a.x")} == made.grants.hosts
    assert {} == grants_in(made.snapshot).hosts


def test_a_credential_that_does_not_serve_has_its_key_all_the_same():
    """Its Secret may come later."""
    assert {"default/k": KeyGrant(id="default/k", credential="alice")} == compiled(credential(key="k")).grants.keys


def test_the_grants_stay_the_same_value_while_nothing_changes():
    """Unchanged grants are the same object, so that they are encoded once."""
    first = compiled(service())

    assert compiled(service(), grants=first.grants).grants is first.grants


def test_grants_are_completed_by_others():
    """What is known here counts more."""
    one = Grants({"a.x": grant("a.x")}, {})
    other = Grants({"a.x": grant("a.x", "other"), "b.x": grant("b.x", "other")}, {"n/k": KeyGrant("n/k", "c")})

    assert Grants({"a.x": grant("a.x"), "b.x": grant("b.x", "other")}, other.keys) == one.completed_by(other)


def test_grants_of_hosts_belong_to_a_gateway():
    """A Service that moves to another gateway gives up its hosts at the first one."""
    moved = service(gateways=["other"])
    held = compiled(service()).grants

    assert {} == compiled(moved, grants=held).grants.hosts
    assert {"app.example.com"} == compiled(moved, gateway="other").grants.hosts.keys()


def test_a_service_whose_gateways_cannot_be_read_gives_up_nothing():
    """One of them may be this one."""
    held = compiled(service()).grants

    assert held == compiled(service(gateways=7), service(namespace="other"), grants=held).grants


EARLY, LATE = "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"


def services(first_namespace, second_namespace):
    """The same Service in two namespaces, made one after the other."""
    return service(namespace=first_namespace, created=EARLY), service(namespace=second_namespace, created=LATE)


def owner(made):
    return made.grants.hosts["app.example.com"].namespace


def test_a_restore_that_brings_the_grants_back_changes_no_owner():
    """The objects have new timestamps, in whatever order they came; the grants of the backup count."""
    before = compiled(*services("owner", "other"))
    restored = compiled(*services("other", "owner"), grants=before.grants)

    assert ("owner", "owner") == (owner(before), owner(restored))


def test_a_restore_without_the_grants_goes_by_the_order_of_the_restore():
    """What nothing remembers is decided by age, as in a cluster that is new."""
    assert "other" == owner(compiled(*services("other", "owner")))


def test_a_gateway_that_is_removed_leaves_its_hosts_to_claimants():
    """No Service names the gateway any more, so it holds nothing, and a later one begins by age."""
    held = compiled(*services("owner", "other")).grants
    removed = compiled(service(namespace="owner", created=EARLY, gateways=["elsewhere"]), grants=held)

    assert {} == removed.grants.hosts
    assert "other" == owner(compiled(service(namespace="other", created=LATE), grants=removed.grants))
