"""What was not read, and what can't be said for it."""

from __future__ import annotations

import manifests
from postern_cli.load_folders import problems_of
from postern_cli.visibility import NOTHING, Unread, certain
from postern_core.parse import parse_manifest
from postern_core.ref import Ref

SECRET = Ref("Secret", "default", "alice")


def reasons(left_out, *documents):
    objects = tuple(parse_manifest(it) for it in documents)
    return [problem.reason.text for problem in certain(problems_of(objects), objects, left_out)]


def test_nothing_is_hidden_where_nothing_was_left_out():
    """A reference that leads nowhere is told."""
    assert ["SecretNotFound"] == reasons(NOTHING, manifests.consumer(), manifests.credential())


def test_a_secret_that_was_not_read_is_not_missing():
    """Whether refused or never asked for."""
    for left_out in (Unread(refused={SECRET: "403 Forbidden"}), Unread(unasked=frozenset({SECRET}))):
        assert [] == reasons(left_out, manifests.consumer(), manifests.credential())


def test_a_kind_that_was_not_listed_is_not_missing():
    """Its objects may be there; in the namespaces where it was listed they would have been seen."""
    elsewhere, here = (Unread(namespaces={"Service": frozenset({name})}) for name in ("other", "default"))
    assert [] == reasons(elsewhere, manifests.route())
    assert ["ServiceNotFound"] == reasons(here, manifests.route())


def test_what_hangs_on_an_unread_certificate_is_unknown_too():
    """With an unread certificate neither the Service nor its routes count as wrong; other mistakes do."""
    tls = {"caCertificateRef": {"kind": "Secret", "name": "alice"}}
    service = manifests.service(upstream={"url": "https://a.example.com", "tls": tls})
    documents = (service, manifests.route(), manifests.route("lost", serviceRef={"name": "nowhere"}))
    assert ["ServiceInvalid", "ServiceNotFound", "SecretNotFound"] == reasons(NOTHING, *documents)
    assert ["ServiceNotFound"] == reasons(Unread(unasked=frozenset({SECRET})), *documents)


def test_what_hangs_on_an_unread_upstream_is_unknown_too():
    """With an unread Service of Kubernetes neither the Service nor its routes count as wrong."""
    documents = (manifests.service(upstream={"service": {"name": "web", "port": 80}}), manifests.route())
    assert "UpstreamNotFound" in reasons(NOTHING, *documents)
    assert [] == reasons(Unread(refused={Ref("core/Service", "default", "web"): "403 Forbidden"}), *documents)


def test_refusals_are_told_together():
    """A line for each kind and reason, with so many names."""
    refused = {Ref("Secret", "demo", f"s{number}"): "403 Forbidden" for number in range(10)}
    left_out = Unread(lines=("Route of demo (403 Forbidden)",), refused=refused)
    names = ", ".join(f"demo/s{number}" for number in range(8))
    assert ("Route of demo (403 Forbidden)", f"Secret {names} and 2 more (403 Forbidden)") == left_out.told


def test_what_was_not_asked_for_is_counted():
    """Nobody takes silence for a check."""
    assert ("what is in 1 Secret, for none is read",) == Unread(unasked=frozenset({SECRET})).unchecked
    assert () == NOTHING.unchecked
