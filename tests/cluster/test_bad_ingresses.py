"""What can be wrong with an Ingress on a real API server: its Event, its answer, and how it heals.

All but what is written in the Ingress itself heals without an edit of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from certificates import Authority, Pair, tls_secret
from ingress_installation import application, apply, serving_ingresses, until_event
from installation import own_address
from manifests import ingress, ingress_class, ingress_path
from upstream import Upstream

Objects = list[dict[str, Any]]
AUTHORITY = Authority("CA of bad Ingresses")
MISTYPED = "postern.dev/jwt-polcy"


@dataclass(frozen=True)
class Row:
    """What is wrong, how it is said, what a client gets meanwhile, and what mends it.

    `objects` stand beside the Ingress of the row, whose name and host are the row's; `mended` come, or change, later.
    `annotation` is one that is taken away in place of that.
    """

    name: str
    reason: str
    said: str
    answer: int
    mended: Callable[[Upstream, str], Objects] = lambda _upstream, _namespace: []
    objects: Callable[[str], Objects] = lambda _namespace: []
    spec: dict[str, Any] = field(default_factory=dict)
    path: dict[str, Any] = field(default_factory=ingress_path)
    annotation: str = ""

    @property
    def host(self) -> str:
        return f"{self.name}.example.com"

    def written(self, namespace: str) -> Objects:
        annotations = {self.annotation: "x"} if self.annotation else {}
        one = ingress(self.name, self.path, host=self.host, namespace=namespace, annotations=annotations, **self.spec)
        return [*self.objects(namespace), one]


def with_certificate(name: str, reason: str, said: str, bad: Pair | None) -> Row:
    """A row about the Secret of an Ingress, which is not there or holds this pair; its paths go on without TLS."""
    host, secret = f"{name}.example.com", f"tls-{name}"

    def holding(pair: Pair, namespace: str) -> Objects:
        return [tls_secret(pair, secret, namespace)]

    return Row(
        name, reason, said, 200, lambda _, namespace: holding(AUTHORITY.issue(host), namespace),
        lambda namespace: holding(bad, namespace) if bad else [], {"tls": [{"hosts": [host], "secretName": secret}]},
    )  # fmt: skip


ONE, OTHER = AUTHORITY.issue("wrong-key.example.com"), AUTHORITY.issue("wrong-key.example.com")
ROWS = (
    Row(
        "no-service", "UpstreamNotFound", "core/Service {}/late does not exist", 503,
        lambda upstream, namespace: application(upstream, namespace, "late"), path=ingress_path(service="late"),
    ),
    Row(
        "no-port", "UpstreamNotFound", "core/Service {}/other has no TCP port 81; it has 80", 503,
        lambda upstream, namespace: application(upstream, namespace, "other", 81),
        path=ingress_path(service="other", port=81),
    ),
    Row(
        "no-class", "IngressClassNotFound", "there is no IngressClass of-later", 404,
        lambda _upstream, _namespace: [ingress_class("of-later")], spec={"ingressClassName": "of-later"},
    ),
    Row(
        "no-gateway", "GatewayNotFound", "IngressClass of-nowhere is for the gateway nowhere", 404,
        lambda _upstream, _namespace: [ingress_class("of-nowhere")], spec={"ingressClassName": "of-nowhere"},
        objects=lambda _namespace: [ingress_class("of-nowhere", annotations={"postern.dev/gateway": "nowhere"})],
    ),
    Row("mistyped", "Invalid", "is no annotation of an Ingress", 503, annotation=MISTYPED),
    Row(
        "restricting", "Invalid", "is not read here", 503,
        annotation="nginx.ingress.kubernetes.io/whitelist-source-range",
    ),
    with_certificate("no-secret", "SecretNotFound", "Secret {}/tls-no-secret", None),
    with_certificate("misfit", "CertificateMismatch", "", AUTHORITY.issue("else.example.com")),
    with_certificate("ended", "Warning", "has ended", AUTHORITY.issue("ended.example.com", ended=True)),
    with_certificate("wrong-key", "InvalidCertificate", "", Pair(ONE.chain, OTHER.key, ONE.serial)),
)  # fmt: skip


@pytest.fixture(scope="module")
def bind():
    """An address that EndpointSlices take."""
    return own_address()


@pytest.fixture(scope="module")
def serving(crds, kubectl, tmp_path_factory, upstream):
    """An installation, and a namespace with an application that all rows may name."""
    with serving_ingresses(kubectl, tmp_path_factory.mktemp("installation"), "bad") as (made, [namespace]):
        apply(kubectl, *application(upstream, namespace), *application(upstream, namespace, "other"))
        yield made, namespace
        kubectl("delete", "ingressclass", "of-later", "--ignore-not-found", check=True)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_wrong_is_said_answered_and_healed(serving, kubectl, upstream, row):
    """An Event names the mistake, the paths answer as the row says, and both end with the mistake."""
    made, namespace = serving
    apply(kubectl, *row.written(namespace))
    until_event(kubectl, namespace, row.name, row.reason, row.said.format(namespace))
    made.until_status(row.answer, row.host, "/")
    version = kubectl.get("ingress", row.name, namespace)["metadata"]["generation"]

    if row.annotation:
        kubectl("annotate", "ingress", row.name, f"-n{namespace}", f"{row.annotation}-", check=True)
    else:
        apply(kubectl, *row.mended(upstream, namespace))
    until_event(kubectl, namespace, row.name, "Programmed")
    made.until_status(200, row.host, "/")
    assert version == kubectl.get("ingress", row.name, namespace)["metadata"]["generation"]


def test_of_two_ingresses_with_one_path_the_older_has_it(serving, kubectl, upstream):
    """The younger has an Event that names the other, and takes the requests when that is gone."""
    made, namespace = serving
    where = {"namespace": namespace, "host": "twice.example.com"}
    apply(kubectl, *application(upstream, namespace, "last"), ingress("a-first", **where))
    made.until_status(200, "twice.example.com", "/")
    apply(kubectl, ingress("b-second", ingress_path(service="gone"), **where))
    until_event(kubectl, namespace, "b-second", "UpstreamNotFound")
    assert 200 == made.get("twice.example.com", "/").status

    apply(kubectl, ingress("c-third", ingress_path(service="last"), **where))
    until_event(kubectl, namespace, "c-third", "Warning", "takes all of its requests first")
    kubectl("delete", "ingress", "a-first", f"-n{namespace}", check=True)
    made.until_status(503, "twice.example.com", "/")  # the next one in age has no application
    kubectl("delete", "ingress", "b-second", f"-n{namespace}", check=True)
    made.until_status(200, "twice.example.com", "/")
    until_event(kubectl, namespace, "c-third", "Programmed")
