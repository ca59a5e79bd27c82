"""What one namespace may put into a gateway."""

import random

import pytest

from certificates import Authority, tls_secret
from manifests import (
    compiled,
    consumer,
    credential,
    ingress,
    ingress_class,
    jwt_policy,
    kubernetes_service,
    reasons,
    route,
    secret,
    service,
)
from postern_core.link.shares import DEFAULT_SHARE, Share, parse_share

JWT = {"jwt": {}}


def day(number):
    return f"2026-01-{number:02}T00:00:00Z"


def exact(name, number, namespace="default", **spec):
    """A route of its own path; of two the one with the smaller number is older."""
    paths = [{"type": "Exact", "value": f"/{name}"}]
    return route(name, namespace, day(number), paths=paths, **spec)


def refusals(found):
    return {entry.name: bool(entry.refusal) for entry in found.snapshot.routes}


def told(found):
    return [(str(it.ref), it.reason.text) for it in found.problems]


def test_the_youngest_routes_beyond_the_share_are_refused_in_their_places():
    """A wider route of the same Service must not take what they would have protected."""
    wide = route("wide", created=day(1), auth={"jwt": {"mode": "Disabled"}})
    routes = [exact("b", 3), exact("a", 2), exact("c", 4, auth=JWT)]
    found = compiled(service(auth=JWT), wide, *routes, share=Share(routes=3))

    assert {"wide": False, "a": False, "b": False, "c": True} == refusals(found)
    assert [("Route default/c", "ShareExceeded")] == told(found)
    assert ["Service/default/app"] == [entry.id for entry in found.snapshot.policies]
    assert "routes=3,credentials=100000,bytes=67108864" in found.problems[0].message


def test_another_namespace_keeps_its_routes():
    """However many one has, and however old they are."""
    others = [service(namespace="other", hosts=["other.example.com"]), exact("o", 9, "other")]
    found = compiled(service(), *others, *(exact(f"r{n}", n) for n in range(1, 6)), share=Share(routes=3))

    assert {"o": False, "r1": False, "r2": False, "r3": False, "r4": True, "r5": True} == refusals(found)


def test_the_order_of_the_objects_does_not_matter():
    """The order of the objects has no effect on shares; names decide only between objects of one age."""
    objects = [service(), *(exact(f"r{n}", 1 if n > 3 else 9 - n) for n in range(8))]
    first = compiled(*objects, share=Share(routes=5))
    random.Random(1).shuffle(objects)

    assert first == compiled(*objects, share=Share(routes=5))
    assert ["r0", "r1", "r2"] == [name for name, is_refused in refusals(first).items() if is_refused]


def test_where_not_even_the_refusals_fit_all_hosts_are_refused():
    """A namespace can't fill a gateway with what is refused, and nothing of it falls through."""
    second = service("second", hosts=["second.example.com"])
    other = [service(namespace="other", hosts=["other.example.com"]), exact("o", 9, "other")]
    many = [exact(f"r{n}", n, auth=JWT) for n in range(1, 7)]
    also = exact("s", 7, serviceRef={"name": "second"})
    found = compiled(service(), second, *other, *many, also, share=Share(routes=3))
    closed = [it for it in found.snapshot.routes if it.namespace == "default"]

    assert [("app.example.com",), ("second.example.com",)] == [it.hosts for it in closed]
    assert {("Prefix", "/")} == {(path.type, path.value) for it in closed for path in it.paths}
    assert all(it.refusal for it in closed)
    assert not refusals(found)["o"]
    assert [("ShareExceeded", "default")] * 7 == [(it.reason.text, it.ref.namespace) for it in found.problems]
    assert () == found.snapshot.policies


def test_bytes_are_shared_too():
    """What is large and young is refused alone; what is small and younger still fits."""
    large = {"jwt": {"allow": {"claims": [{"name": "scope", "anyOf": ["v" * 1000, "w" * 1000]}]}}}
    routes = [exact("a", 1), exact("large", 2, auth=large), exact("b", 3)]
    found = compiled(service(), *routes, share=Share(size_bytes=2_000))

    assert {"a": False, "large": True, "b": False} == refusals(found)


def test_a_service_beyond_the_share_answers_503():
    """Its routes refuse their places, and its addresses and policy are not published."""
    endpoints = [{"address": f"10.0.0.{n}", "port": 80} for n in range(100)]
    first = service(created=day(1), auth=JWT)
    second = service("second", created=day(2), hosts=["b.example.com"], upstream={"endpoints": endpoints}, auth=JWT)
    found = compiled(
        first, second, exact("a", 3), exact("b", 4, serviceRef={"name": "second"}), share=Share(size_bytes=2_000)
    )

    assert {"a": False, "b": True} == refusals(found)
    assert ["Service/default/app"] == [entry.id for entry in found.snapshot.backends]
    assert ["Service/default/app"] == [entry.id for entry in found.snapshot.policies]
    assert [("Route default/b", "ServiceInvalid"), ("Service default/second", "ShareExceeded")] == told(found)


def secured(number, **fields):
    """A Service of a host of its own with a certificate of its own, and that in its Secret."""
    pair, name = Authority("test CA").issue(f"h{number}.example.com"), f"s{number}"
    block = {"tls": {"certificateRefs": [{"name": name}]}, "hosts": [f"h{number}.example.com"], **fields}
    return [service(name, created=day(number), **block), tls_secret(pair, name)]


def test_certificates_of_services_beyond_the_share_are_bounded_too():
    """What a refused Service names is shown still, so that clients get 503 over TLS, but not without end."""
    objects = [it for number in range(1, 10) for it in secured(number)]
    found = compiled(*objects, share=Share(size_bytes=3_000))
    shown = found.snapshot.certificates
    assert 0 < len(shown) < 9
    assert sum(len(it.chain_pem + it.key_pem) for it in shown) <= 3_000
    assert ("Service default/s9", "ShareExceeded") in told(found)


def test_certificates_of_an_ingress_without_paths_are_bounded_too():
    """It has no route that could be beyond the share."""
    objects = [ingress_class()]
    for number in range(1, 10):
        _, pair = secured(number)
        tls = [{"hosts": [f"h{number}.example.com"], "secretName": f"s{number}"}]
        objects += [pair, ingress(f"i{number}", host=f"h{number}.example.com", tls=tls)]
    found = compiled(*objects, share=Share(size_bytes=3_000))
    assert sum(len(it.chain_pem + it.key_pem) for it in found.snapshot.certificates) <= 3_000


def test_a_certificate_beyond_the_share_calls_no_upstream():
    """The upstream is not called without it either."""
    marked = {"name": "s1", "namespace": "default", "labels": {"postern.dev/use": "client-certificate"}}
    tls = {"clientCertificateRef": {"name": "s1"}}
    found = compiled(
        *secured(2),
        service("caller", created=day(3), hosts=["c.example.com"], upstream={"url": "https://u.test", "tls": tls}),
        secured(1)[1] | {"metadata": marked},
        share=Share(size_bytes=1_200),
    )
    assert ["Secret/default/s2"] == [it.id for it in found.snapshot.certificates]
    assert ("Service default/caller", "ShareExceeded") in told(found)


def test_policies_of_ingresses_are_bounded():
    """Those of refused Ingresses stayed in the snapshot and counted for nothing."""
    large = {"allow": {"claims": [{"name": "scope", "anyOf": ["v" * 1000]}]}}
    objects = [ingress_class(), *kubernetes_service()]
    for number in range(1, 10):
        named = {"postern.dev/jwt-policy": f"p{number}"}
        objects += [jwt_policy(f"p{number}", created=day(number), jwt=large),
                    ingress(f"i{number}", host=f"h{number}.x", annotations=named)]  # fmt: skip
    found = compiled(*objects, share=Share(size_bytes=6_000))
    kept = [it.id for it in found.snapshot.policies]
    assert ["JWTPolicy/default/p1", "JWTPolicy/default/p2", "JWTPolicy/default/p3"] == kept[:3]
    assert len(kept) < 6
    assert ("JWTPolicy default/p9", "ShareExceeded") in told(found)
    assert {True} == {bool(it.refusal) for it in found.snapshot.routes if it.name == "i9/0/0"}


def keyed(number, namespace="default"):
    return credential(f"c{number}", namespace, day(number))


def test_the_youngest_credentials_beyond_the_share_verify_nothing():
    """Of the namespace that has too many; another's are as they were."""
    others = [consumer(namespace="other"), secret(namespace="other"), keyed(9, "other")]
    policy = {"jwt": {"allow": {"namespaces": "All"}}}
    found = compiled(
        service(auth=policy), route(), consumer(), secret(), keyed(2), keyed(1), keyed(3), *others,
        share=Share(credentials=2),
    )  # fmt: skip

    assert ["c1", "c2", "c9"] == [entry.name for entry in found.snapshot.credentials]
    assert [("JWTCredential default/c3", "ShareExceeded")] == told(found)


def test_a_consumer_beyond_the_share_takes_its_credentials_with_it():
    """A credential without its consumer counts for nobody, and must not say that it serves."""
    large = consumer("zoe", groups=[f"{n:03}" + "g" * 120 for n in range(30)])
    found = compiled(
        service(auth=JWT), route(), consumer(), large, secret(), keyed(1), credential("z", consumerRef={"name": "zoe"}),
        share=Share(size_bytes=3_000),
    )  # fmt: skip

    assert ["c1"] == [entry.name for entry in found.snapshot.credentials]
    assert ["alice"] == [entry.name for entry in found.snapshot.consumers]
    assert [("Consumer default/zoe", "ShareExceeded"), ("JWTCredential default/z", "ConsumerNotFound")] == told(found)


def test_who_is_of_no_admitted_namespace_takes_no_share():
    """It is not published at all."""
    others = [consumer(namespace="other"), secret(namespace="other"), *(keyed(n, "other") for n in range(1, 5))]

    problems = compiled(service(auth=JWT), route(), *others, share=Share(credentials=2)).problems
    assert [] == [problem for problem in problems if not problem.is_warning]


def test_all_fit_by_default():
    """Postern is measured with 10,000 routes and 50,000 credentials of one namespace."""
    assert DEFAULT_SHARE.routes >= 20_000
    assert DEFAULT_SHARE.credentials >= 100_000
    assert [] == reasons(service(auth=JWT), route(), consumer(), credential(), secret())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", DEFAULT_SHARE),
        ("routes=1", Share(routes=1)),
        (" bytes=3 , credentials=2,routes=1", Share(1, 2, 3)),
        (str(Share(7, 8, 9)), Share(7, 8, 9)),
    ],
)
def test_a_share_is_read_as_it_is_written(text, expected):
    """What isn't given has its default."""
    assert expected == parse_share(text)


@pytest.mark.parametrize("text", ["routes", "routes=0", "routes=-1", "routes=1,routes=2", "bytes=64Mi", "more=1", "=1"])
def test_what_is_no_share_is_refused(text):
    """The message says what would be one."""
    with pytest.raises(ValueError, match="routes=N"):
        parse_share(text)
