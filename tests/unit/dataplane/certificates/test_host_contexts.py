"""Contexts of the snapshot's certificates, made when they are needed."""

from __future__ import annotations

import structlog

from postern_core.snapshot_certificates import Certificate
from postern_dataplane.certificates import host_contexts as module
from postern_dataplane.certificates.host_contexts import HostContexts


def certificate(name, pair):
    return Certificate(
        id=f"Secret/n/{name}", namespace="n", names=(name,), chain_pem=pair.chain.decode(), key_pem=pair.key.decode()
    )


def following(contexts, *certificates):
    """Have them follow these, each for the name of its Secret."""
    by_id = {it.id: it for it in certificates}
    contexts.follow(lambda name: by_id.get(f"Secret/n/{name}"), by_id)
    return contexts


def test_a_context_is_made_once(authority, make_context):
    """A second client is shown the context of the first; a name without a certificate has none."""
    one = certificate("a", authority.issue("a"))
    contexts = following(HostContexts(make_context), one)
    first = contexts.of("a")
    assert first is not None
    assert (first, None) == (following(contexts, one).of("a"), contexts.of("b"))


def test_a_renewed_certificate_has_a_new_context(authority, make_context):
    """The old key is forgotten at once, also where the certificate is gone."""
    contexts = following(HostContexts(make_context), certificate("a", authority.issue("a")))
    before = contexts.of("a")
    following(contexts, certificate("a", authority.issue("a")))
    assert (0, True) == (len(contexts._made), contexts.of("a") is not before)
    assert following(contexts).of("a") is None
    assert 0 == len(contexts._made)


def test_the_contexts_are_bounded(authority, make_context, monkeypatch):
    """A client that asks for name after name makes a worker keep no more than so many; the last ones stay."""
    monkeypatch.setattr(module, "CONTEXTS_MAX", 2)
    pair = authority.issue("a")
    contexts = following(HostContexts(make_context), *(certificate(name, pair) for name in "abc"))
    for name in "abac":
        contexts.of(name)
    assert ["Secret/n/a", "Secret/n/c"] == list(contexts._made)


def test_what_can_not_be_loaded_is_said_once(authority, make_context):
    """The log says which certificate it is, and nothing of its key; the gateway's own certificates are shown."""
    broken = certificate("a", authority.issue("a"))
    broken = Certificate(id=broken.id, namespace="n", names=("a",), chain_pem=broken.chain_pem, key_pem="canary")
    contexts = following(HostContexts(make_context), broken)
    with structlog.testing.capture_logs() as logged:
        assert (None, None) == (contexts.of("a"), contexts.of("a"))
    assert [("certificate refused", "Secret/n/a")] == [(line["event"], line["certificate"]) for line in logged]
    assert "canary" not in str(logged)
