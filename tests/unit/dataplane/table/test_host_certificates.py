"""The certificate of a name: one of the namespace that owns the most specific host."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from postern_core.snapshot import PathMatch, Route, Snapshot
from postern_core.snapshot_certificates import Certificate
from postern_dataplane.table.host_certificates import HostCertificates
from postern_dataplane.table.routing_table import build_table


def certificate(name, *names, namespace="n", **fields):
    return Certificate(
        id=f"Secret/{namespace}/{name}", namespace=namespace, names=names, chain_pem="", key_pem="", **fields
    )


def route(host, namespace="n", **fields):
    return Route(
        id=f"Route/{namespace}/{host}", namespace=namespace, name=host, created="", hosts=(host,),
        paths=(PathMatch(type="Prefix", value="/"),), backend="b", service="s",
        **fields,
    )  # fmt: skip


def table(*certificates, hosts=()):
    """A table with routes for these hosts, each with its namespace or of `n`."""
    pairs = [(host, "n") if isinstance(host, str) else host for host in hosts]
    routes = tuple(sorted((route(*pair) for pair in pairs), key=lambda it: it.id))
    return build_table(Snapshot(gateway="g", routes=routes, certificates=certificates), "d")


WILD = certificate("wild", "*.example.com", "example.org")
EXACT = certificate("exact", "app.example.com")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("app.example.com", EXACT),
        ("other.example.com", WILD),
        ("example.org", WILD),
        ("deep.other.example.com", None),
        ("example.com", None),
        ("", None),
        (".example.com", None),
        ("com", None),
    ],
)
def test_an_exact_name_comes_before_a_wildcard_of_one_label(name, expected):
    """As in RFC 9525, section 6.3."""
    assert expected is table(WILD, EXACT, hosts=["*.example.com", "example.org"]).certificate_of(name)


def test_a_host_of_another_namespace_is_not_covered_by_a_wildcard():
    """A key is not proved for a host that its namespace does not own."""
    made = table(WILD, hosts=["*.example.com", ("shop.example.com", "other")])
    assert (None, WILD) == (made.certificate_of("shop.example.com"), made.certificate_of("www.example.com"))


def test_the_owner_of_a_host_has_its_own_certificate_beside_a_wildcard_of_another():
    """Of one name each namespace may have one."""
    foreign = certificate("theirs", "*.example.com", "shop.example.com", namespace="other")
    made = table(WILD, foreign, hosts=["*.example.com", ("shop.example.com", "other")])
    assert (foreign, WILD) == (made.certificate_of("shop.example.com"), made.certificate_of("www.example.com"))


def test_a_name_without_a_host_has_the_certificate_that_names_it():
    """A Service without routes has certificates all the same."""
    assert EXACT is table(EXACT).certificate_of("app.example.com")


def test_a_host_of_one_listener_has_the_certificate_of_its_owner():
    """A client is shown a certificate before it is known by which listener its request is taken."""
    theirs = certificate("theirs", "shop.example.com", namespace="other")
    routes = (route("*.example.com"), route("shop.example.com", "other", listeners=("l",)))
    made = build_table(Snapshot(gateway="g", routes=routes, certificates=(WILD, theirs)), "d")
    assert (theirs, WILD) == (made.certificate_of("shop.example.com"), made.certificate_of("www.example.com"))
    assert made.is_misdirected("www.example.com", "shop.example.com")


def test_a_wildcard_is_not_shown_for_a_host_of_another_namespace_at_one_listener():
    """A key is not proved for a host that its namespace does not own, by whichever port that is reached."""
    routes = (route("*.example.com"), route("shop.example.com", "other", listeners=("l",)))
    made = build_table(Snapshot(gateway="g", routes=routes, certificates=(WILD,)), "d")
    assert made.certificate_of("shop.example.com") is None


def test_of_two_with_one_name_the_one_that_ends_last_is_shown():
    """A name moves to its new certificate, and never back to one that ends."""
    old, new = certificate("a", "a.test", not_after=1.0), certificate("b", "a.test", not_after=2.0)
    assert new is HostCertificates([old, new]).find("a.test", "n")


OTHER = certificate("other", "other.example.net", "app.example.net")
HOSTS = ["*.example.com", "example.org", "*.example.net", "app.example.com", "plain.test"]


@pytest.mark.parametrize(
    ("server_name", "host", "expected"),
    [
        ("a.example.com", "b.example.com", False),
        ("a.example.com", "example.org", False),
        ("app.example.com", "a.example.com", True),
        ("other.example.net", "app.example.com", True),
        ("a.example.com", "app.example.com", False),
        ("plain.test", "app.example.com", True),
        ("app.example.com", "plain.test", True),
        ("plain.test", "nobody.test", False),
    ],
)
def test_a_request_is_misdirected_where_its_host_has_another_certificate(server_name, host, expected):
    """A certificate that covers both is no reason, nor are two hosts that the gateway's own certificates serve."""
    assert expected is table(WILD, EXACT, OTHER, hosts=HOSTS).is_misdirected(server_name, host)


def test_the_names_of_a_certificate_are_gone_through_once():
    """A certificate of ten thousand names would cost each request of a client that asks for two hosts."""
    passes = []

    class Names(tuple):
        __slots__ = ()

        def __contains__(self, name):
            passes.append(name)
            return super().__contains__(name)

    many = certificate("many", namespace="n")
    many = replace(many, names=Names([f"{n}.example.net" for n in range(10_000)]))
    made = table(many, EXACT, hosts=["*.example.net", "app.example.com"])
    assert made.is_misdirected("5.example.net", "app.example.com")
    assert [] == passes


def test_without_certificates_nothing_is_misdirected():
    """A gateway with certificates of its own alone serves every host on every connection."""
    assert not table(hosts=HOSTS).is_misdirected("a.example.com", "plain.test")


def test_a_host_follows_its_new_owner():
    """The namespace of a host is that of its routes now."""
    before = table(WILD, hosts=[("a.example.com", "other")])
    after = before.hosts.with_changes([route("a.example.com", "other")], [])
    assert ("other", None) == (before.hosts.find("a.example.com").namespace, after.find("a.example.com"))
