"""The answers of the sidecar's own port."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import TestClient, TestServer

from postern_dataplane.sockets import address_of, open_listener
from postern_dataplane.sync.health import health_application, health_port
from postern_kit.addresses import Address


async def answer(digest, path):
    async with (
        TestClient(TestServer(health_application(lambda: digest))) as client,
        client.get(path) as response,
    ):
        return response.status, await response.json()


async def test_it_lives_without_a_generation():
    """A liveness probe must not kill for somebody else's fault."""
    assert (200, {"status": "alive"}) == await answer(None, "/healthz")


@pytest.mark.parametrize(
    ("digest", "status", "said"),
    [
        (None, 503, {"status": "not ready", "reason": "no complete generation yet"}),
        ("abc", 200, {"status": "ready", "digest": "abc"}),
    ],
)
async def test_it_is_ready_when_the_proxy_has_something_to_serve(digest, status, said):
    """The first complete generation is on disk."""
    assert (status, said) == await answer(digest, "/readyz")


async def test_it_answers_as_long_as_the_context_lasts():
    """On the socket that it is given."""
    import aiohttp

    with open_listener(Address("127.0.0.1", 0)) as listener:
        url = f"http://{address_of(listener)}/healthz"
        async with health_port(lambda: None, listener), aiohttp.ClientSession() as client, client.get(url) as response:
            assert 200 == response.status
