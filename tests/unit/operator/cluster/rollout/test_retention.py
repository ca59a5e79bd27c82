"""What has never been read is served as it was published."""

from __future__ import annotations

import msgspec
import pytest

from manifests import compiled, consumer, credential, ingress, ingress_class, manifest, route, secret, service
from postern_core.grants import Grants, HostGrant, KeyGrant
from postern_core.parse import Parsed
from postern_core.ref import Ref
from postern_operator.cluster.rollout.retention import retained_by

PUBLISHED = compiled(
    service(namespace="a", hosts=["a.example.com"]), route(namespace="a"),
    service(namespace="b", hosts=["b.example.com"], auth={"jwt": {}}), route(namespace="b"),
    consumer(namespace="b"), credential(namespace="b"), secret(namespace="b"),
).snapshot  # fmt: skip
GRANTS = Grants(
    {"idle.example.com": HostGrant(id="idle.example.com", namespace="c", service="idle")},
    {"d/key": KeyGrant(id="d/key", credential="alice")},
)


@pytest.mark.parametrize(
    ("unread", "namespaces"),
    [
        ([], set()),
        ([("Secret", "a")], {"a"}),
        ([("Secret", "new")], {"new"}),
        ([("Consumer", "a")], set()),
        ([("Consumer", "b"), ("Route", "a")], {"a", "b"}),
        ([("Consumer", "")], {"b"}),
        ([("Route", "")], {"a", "b"}),
        ([("Service", "")], {"a", "b", "c"}),
        ([("JWTCredential", "")], {"b", "d"}),
        ([("EndpointSlice", "")], None),
        ([("Ingress", "")], set()),
    ],
)
def test_a_namespace_is_carried_over_where_what_is_unread_may_matter_to_it(unread, namespaces):
    """One of several watched namespaces is forbidden, or a kind is gone: all others are compiled as ever."""
    retained = retained_by(unread, PUBLISHED, GRANTS)
    assert namespaces == (None if retained.namespaces is None else set(retained.namespaces))


@pytest.mark.parametrize("kind", ["Ingress", "IngressClass", "JWTPolicy"])
def test_where_ingresses_cannot_be_read_their_namespaces_are_carried_over(kind):
    """By what is published of them, and by the hosts that they hold: without its policies no Ingress is compiled."""
    published = compiled(ingress_class(), ingress(namespace="a")).snapshot
    held = HostGrant(id="i.example.com", namespace="e", service="Ingress/site")
    grants = Grants({**GRANTS.hosts, "i.example.com": held})
    assert {"a", "e"} == set(retained_by([(kind, "")], published, grants).namespaces)


def test_what_names_an_issuer_is_carried_over_with_it():
    """TokenIssuers can't be read: the issuer's namespace and those of policies that name it stay as they were."""
    named = [{"name": "idp", "namespace": "a"}]
    spec = {"issuer": "https://idp", "keys": {"ref": {"name": "k", "key": "k"}}, "anyAudience": True}
    spec |= {"callers": {"anyone": {}}, "allowedNamespaces": "All"}
    issuer = manifest("TokenIssuer", "idp", spec, "a")
    protected = service(namespace="b", hosts=["b.example.com"], auth={"jwt": {"tokenIssuers": named}})
    others = service(namespace="c", hosts=["c.example.com"]), route(namespace="c")
    published = compiled(issuer, protected, route(namespace="b"), *others).snapshot

    retained = retained_by([("TokenIssuer", "")], published, Grants())

    assert {"a", "b"} == set(retained.namespaces or ())
    assert published.issuers == retained.snapshot.issuers != ()
    assert not retained_by([("TokenIssuer", "")], PUBLISHED, GRANTS).namespaces


def test_everything_of_a_namespace_is_carried_over():
    """Its routes with their policies, backends and endpoints, and who may call."""
    kept = retained_by([("Secret", "b")], PUBLISHED, GRANTS).snapshot
    assert PUBLISHED.credentials == kept.credentials
    assert PUBLISHED.consumers == kept.consumers
    assert PUBLISHED.policies == kept.policies
    assert {"b"} == {it.id.split("/")[1] for it in (*kept.routes, *kept.backends, *kept.endpoints)}
    assert PUBLISHED == retained_by([("Secret", "")], PUBLISHED, GRANTS).snapshot


def test_no_ingress_is_compiled_without_its_policies():
    """JWTPolicies can't be read: an Ingress stays as it was, and a new one is not served before they can be."""
    of_ingress = msgspec.structs.replace(PUBLISHED.routes[0], id="Ingress/c/web/0", namespace="c")
    published = msgspec.structs.replace(PUBLISHED, routes=(*PUBLISHED.routes, of_ingress))
    new = Parsed(Ref("Ingress", "d", "new"), None)

    everywhere = retained_by([("JWTPolicy", "")], published, GRANTS)
    in_one = retained_by([("JWTPolicy", "d")], published, GRANTS)

    assert [{"c"}, set()] == [set(it.namespaces or ()) for it in (everywhere, in_one)]
    assert (of_ingress,) == everywhere.snapshot.routes
    assert [(), ()] == [it.others([new]) for it in (everywhere, in_one)]
    assert (new,) == retained_by([("Consumer", "")], published, GRANTS).others([new])
