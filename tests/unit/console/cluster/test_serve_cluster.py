"""A console about a cluster is served, or what is wrong with the cluster is said at once."""

from __future__ import annotations

import json

import pytest

import manifests
from postern_cli.errors import ClusterReadingError
from postern_cli.sources import Where
from postern_console.cluster import serve_cluster as module
from postern_console.cluster import session
from postern_core.link.shares import DEFAULT_SHARE
from postern_core.ref import Ref

KEY = Ref("JWTCredential", "default", "alice")


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


async def test_a_console_stays_with_the_context_that_it_was_started_with(cluster, monkeypatch):
    """Another terminal's `kubectl config use-context` makes it read and write no other cluster, and no other's line."""

    async def serve(objects, opened):
        config = json.loads(cluster.kubeconfig.read_text())
        config["contexts"].append({"name": "prod", "context": {"cluster": "none"}})
        cluster.kubeconfig.write_text(json.dumps(config | {"current-context": "prod"}))
        monkeypatch.setattr(session, "RENEW_S", -1.0)
        state = await objects.state()
        change = await objects.change(KEY, manifests.credential(), None, takes_over=False)
        opened((state.cluster, change.command))
        return "stopped"

    opened = []
    monkeypatch.setattr(module, "serve", serve)
    await module.serve_cluster(Where(kubeconfig=str(cluster.kubeconfig)), DEFAULT_SHARE, opened.append, writes=False)
    ((place, command),) = opened
    assert place.startswith("http://127.0.0.1:")
    assert "--context=here" in command
