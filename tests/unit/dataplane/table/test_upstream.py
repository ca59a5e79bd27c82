"""Upstreams of a table, and the certificates by which they are called."""

from __future__ import annotations

from postern_core.snapshot import Backend, Endpoint, Endpoints, Snapshot
from postern_core.snapshot_certificates import Certificate
from postern_core.snapshot_upstream_tls import UpstreamTLS
from postern_dataplane.table.diff import diff_snapshot
from postern_dataplane.table.routing_table import build_table

TLS = UpstreamTLS(server_name="a", client_certificate="Secret/n/c")
ADDRESSES = (Endpoint(address="192.0.2.1", port=1),)


def certificate(key):
    return Certificate(id="Secret/n/c", namespace="n", names=(), chain_pem="", key_pem=key)


def table(*certificates):
    return build_table(
        Snapshot(
            gateway="g",
            backends=(Backend(id="a", tls=TLS), Backend(id="b")),
            endpoints=(Endpoints(id="a", endpoints=ADDRESSES), Endpoints(id="b", endpoints=ADDRESSES)),
            certificates=certificates,
        ),
        "d",
    )


def test_an_upstream_is_called_by_its_certificate():
    """One that names none is called without."""
    made = table(certificate("k"))
    assert [certificate("k"), None] == [made.upstreams[id_].client_certificate for id_ in "ab"]


def test_without_its_certificate_an_upstream_has_no_address():
    """A snapshot that lacks the certificate, as one that could not be published, calls nothing without it."""
    assert [(), ADDRESSES] == [table().upstreams[id_].endpoints for id_ in "ab"]


def test_a_renewed_certificate_makes_another_upstream():
    """Only of those that are called by it, so that their pools drop what was opened with the old one."""
    before = table(certificate("k"))
    diff = diff_snapshot(before.entries, {"certificates": [certificate("k")]}, {"certificates": [certificate("other")]})
    after = before.with_changes(diff, gateway="g", digest="e")
    assert "other" == after.upstreams["a"].client_certificate.key_pem
    assert before.upstreams["b"] is after.upstreams["b"]
