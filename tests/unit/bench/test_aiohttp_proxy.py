"""The proxy that one would write oneself does what it is compared for: it looks at the token and passes on."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

import pytest
from aiohttp.test_utils import TestClient, TestServer
from bench.application import DOCUMENT
from bench.light import Application
from bench.material import make_key
from bench.peers.aiohttp_proxy import proxy

KEY = make_key("HS256")


@contextlib.asynccontextmanager
async def proxied(tmp_path):
    (tmp_path / "key").write_text(KEY.verifying)
    (tmp_path / "paths").write_text("/v1/r0\n/v1/r1")
    upstream = await asyncio.get_running_loop().create_server(Application, "127.0.0.1", 0)
    options = argparse.Namespace(
        key=tmp_path / "key", paths=tmp_path / "paths", algorithm="HS256",
        upstream=upstream.sockets[0].getsockname()[1],
    )  # fmt: skip
    async with upstream, TestClient(TestServer(proxy(options))) as client:
        yield client


async def test_a_good_token_passes(tmp_path):
    """A request with a good token passes and gets the application's answer."""
    async with proxied(tmp_path) as client:
        answer = await client.get("/v1/r1", headers={"Authorization": f"Bearer {KEY.token()}"})
        assert (200, DOCUMENT) == (answer.status, await answer.text())


@pytest.mark.parametrize(
    "header",
    [{}, {"Authorization": f"Bearer {next(KEY.garbage(1))}"}, {"Authorization": f"Bearer {KEY.token(expired=True)}"}],
    ids=["missing", "garbage", "expired"],
)
async def test_others_do_not(header, tmp_path):
    """Otherwise it would be compared for nothing."""
    async with proxied(tmp_path) as client:
        assert 401 == (await client.get("/v1/r0", headers=header)).status


async def test_a_path_of_nobody_is_not_found(tmp_path):
    """It has a table of routes like the others."""
    async with proxied(tmp_path) as client:
        answer = await client.get("/v1/r2", headers={"Authorization": f"Bearer {KEY.token()}"})
        assert 404 == answer.status
