"""A console about a cluster is served, or what is wrong with the cluster is said at once."""

from __future__ import annotations

import pytest

from postern_cli.errors import ClusterReadingError
from postern_cli.sources import Where
from postern_console.cluster import serve_cluster as module
from postern_core.link.shares import DEFAULT_SHARE


async def test_a_cluster_that_can_t_be_read_is_an_error_and_no_page(cluster, monkeypatch):
    """A cluster that can't be read is said in the terminal, and no link is printed."""
    opened = []

    async def serve(objects, opened):
        opened(await objects.state())
        return "stopped"

    monkeypatch.setattr(module, "serve", serve)
    where = Where(kubeconfig=str(cluster.kubeconfig))
    assert "stopped" == await module.serve_cluster(where, DEFAULT_SHARE, opened.append, writes=False)
    cluster.refused = {"/": 403}
    with pytest.raises(ClusterReadingError, match="you may not list"):
        await module.serve_cluster(where, DEFAULT_SHARE, opened.append, writes=False)
    assert 1 == len(opened)
