"""A connection that is renewed, for what a kubeconfig holds may end."""

from __future__ import annotations

import asyncio
import json

import pytest

from postern_cli.errors import ClusterReadingError
from postern_cli.sources import Where
from postern_console.cluster import session as module
from postern_console.cluster.session import Session


async def test_a_connection_is_opened_again_when_it_is_old(cluster, monkeypatch):
    """A connection is opened again when it is old, or after a question without an answer."""
    async with Session(Where(kubeconfig=str(cluster.kubeconfig))) as session:
        first = await session.connection()
        assert first is await session.connection()
        session.renew()
        second = await session.connection()
        monkeypatch.setattr(module, "RENEW_S", -1.0)
        assert 3 == len({id(it) for it in (first, second, await session.connection())})


async def test_nothing_is_opened_before_it_is_asked_for():
    """A kubeconfig that does not exist is an error of the first question."""
    async with Session(Where(kubeconfig="/nowhere")):
        pass


async def test_a_session_stays_with_its_api_server(cluster):
    """A kubeconfig that names another one meanwhile, as after `use-context`, ends what can be read or written."""
    async with Session(Where(kubeconfig=str(cluster.kubeconfig))) as session:
        await session.connection()
        config = json.loads(cluster.kubeconfig.read_text())
        config["clusters"][0]["cluster"]["server"] = "http://192.0.2.1:6443"
        cluster.kubeconfig.write_text(json.dumps(config))
        session.renew()
        for _ in range(2):
            with pytest.raises(ClusterReadingError, match="start another one"):
                await session.connection()


async def test_pages_that_renew_at_once_open_one_connection(cluster):
    """What the one has opened is not closed by the other while it is asked."""
    async with Session(Where(kubeconfig=str(cluster.kubeconfig))) as session:
        await session.connection()
        session.renew()
        assert 1 == len({id(it) for it in await asyncio.gather(*(session.connection() for _ in range(3)))})
