"""Tokens as directories make them, with hundreds of groups: up to 64 KB where the gateway has room for them."""

from __future__ import annotations

import pytest

import manifests
import raw
from gateway import DataPlane, open_to
from heads import signed

# The longest that a token may be, less what its length is rounded by.
LONG = 65_530
ROOM = ("--max-request-line", "66000", "--max-header-line", "66000", "--max-headers-bytes", "131072")
TOKEN = signed(groups="g" * 49_000)


@pytest.fixture(scope="module")
def served(module_upstream):
    """A route that wants a token, in any of its usual places."""
    credentials = [manifests.consumer(), manifests.credential(), manifests.secret()]
    closed = manifests.route("closed", paths=[{"type": "Prefix", "value": "/closed"}], auth={"jwt": {}})
    return [*open_to(module_upstream.address), closed, *credentials]


def requests():
    """The same token in each place."""
    yield raw.request("/closed", f"Authorization: Bearer {TOKEN}")
    yield raw.request(f"/closed?jwt={TOKEN}")
    yield raw.request("/closed", f"Cookie: jwt={TOKEN}")


def test_a_long_token_passes_where_there_is_room(start_gateway, served, upstream):
    """Token and header sizes are options (tokens to 64 KB), in a header, the query and a cookie."""
    assert 65_000 < len(TOKEN) <= LONG
    gateway = start_gateway(served, *ROOM, kind=DataPlane)
    assert [200, 200, 200] == [raw.ask(gateway.listen, request).status for request in requests()]
    assert all(TOKEN.encode() in seen.head for seen in upstream.requests)
    longer = raw.request("/closed", f"Authorization: Bearer {TOKEN}" + "A" * 400)
    assert 401 == raw.ask(gateway.listen, longer).status


def test_a_long_token_is_refused_by_default(start_gateway, served, upstream):
    """By the limits of heads, before any of it is decoded."""
    gateway = start_gateway(served, kind=DataPlane)
    assert [431, 414, 431] == [raw.ask(gateway.listen, request).status for request in requests()]
    assert not upstream.requests
