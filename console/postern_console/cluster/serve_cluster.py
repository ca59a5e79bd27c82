"""Serves a console about a cluster."""

from __future__ import annotations

from collections.abc import Callable

from postern_cli.cluster.connection import pinned
from postern_cli.sources import Where
from postern_console.server import serve
from postern_core.link.shares import Share

from .cluster_objects import ClusterObjects
from .session import Session


async def serve_cluster(where: Where, share: Share, opened: Callable[[str], None], *, writes: bool) -> str:
    """Serve as `serve` does; raises `ClusterReadingError` where the cluster can't be read at all."""
    # The kubeconfig is read again and again, and its current context may be another by then.
    where = pinned(where)
    async with Session(where) as session, ClusterObjects(session, where, share, writes=writes) as objects:
        await objects.state()
        return await serve(objects, opened)
