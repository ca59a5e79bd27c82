"""A connection that is renewed, for what a kubeconfig holds may end."""

from __future__ import annotations

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
