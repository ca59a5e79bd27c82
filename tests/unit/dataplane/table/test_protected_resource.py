"""What is published of a protected resource, and named in challenges."""

from __future__ import annotations

import json

import pytest

from postern_core.snapshot import Policy, TokenSource
from postern_core.snapshot_protected_resource import ProtectedResource
from postern_dataplane.request.denials import MISSING_TOKEN, ROUTE_REFUSED
from postern_dataplane.table import protected_resource
from postern_dataplane.table.protected_resource import CompiledResource

ORIGIN = "https://a.example"
HEADER = TokenSource(kind="header", name="authorization")
DENIAL = MISSING_TOKEN.with_challenge("Bearer")


def compiled(*places, issuers=("https://idp",), **fields):
    """A resource with a policy that looks for tokens in these places."""
    return CompiledResource(ProtectedResource(**fields), Policy(id="p", namespace="n", places=places), issuers)


@pytest.mark.parametrize(
    ("places", "methods"),
    [
        ((HEADER,), {"bearer_methods_supported": ["header"]}),
        ((TokenSource(kind="query", name="jwt"),), {}),
        ((TokenSource(kind="header", name="authorization", scheme="DPoP"),), {}),
    ],
)
def test_only_the_method_that_clients_know_is_named(places, methods):
    """RFC 6750, section 2: a token in a place of one's own is sent by no method that has a name."""
    expected = {"resource": ORIGIN, "authorization_servers": ["https://idp"]} | methods
    assert expected == json.loads(compiled(*places).metadata(ORIGIN).body)


def test_a_document_without_anything_to_say_is_one():
    """The resource is the one member that must be there."""
    assert {"resource": f"{ORIGIN}/x"} == json.loads(compiled(issuers=(), path="/x").metadata(ORIGIN).body)


def test_texts_are_written_as_json():
    """A quote in a name or a path ends no text early."""
    written = json.loads(compiled(path='/a"b', name='"x"').metadata(ORIGIN).body)
    assert (f'{ORIGIN}/a"b', '"x"') == (written["resource"], written["resource_name"])
    challenge = compiled(path='/a"b').challenged(DENIAL, ORIGIN).challenge
    assert challenge.endswith('resource_metadata="https://a.example/.well-known/oauth-protected-resource/a\\"b"')


def test_what_has_no_challenge_gets_none():
    """A 503 is no question for a token, and without a host there is no URL."""
    assert ROUTE_REFUSED is compiled().challenged(ROUTE_REFUSED, ORIGIN)
    assert DENIAL is compiled().challenged(DENIAL, "")


def test_a_hundred_thousand_hosts_leave_little_behind():
    """Hosts are strangers' words where a Service takes every host."""
    resource = compiled()
    for number in range(100_000):
        resource.challenged(DENIAL, f"https://h{number}.example")
    known = protected_resource._challenged.cache_info()
    assert known.currsize <= 64 == known.maxsize
