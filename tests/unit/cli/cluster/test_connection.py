"""How a cluster is found: as kubectl finds it."""

from __future__ import annotations

import json
import os

import pytest

from one_answer import serving
from postern_cli.cluster.api_get import api_get
from postern_cli.cluster.connection import connected, pinned
from postern_cli.errors import ClusterReadingError
from postern_cli.sources import Where
from postern_kit import api_server, pod


async def found(where=Where()):  # noqa: B008 - it is frozen
    async with connected(where) as it:
        return it.api.configuration, it.namespace


async def test_the_kubeconfig_of_the_environment_counts(cluster):
    """With its context's namespace, and never with what aiohttp would find in the environment."""
    config = json.loads(cluster.kubeconfig.read_text())
    config["contexts"][0]["context"]["namespace"] = "demo"
    cluster.kubeconfig.write_text(json.dumps(config))
    configuration, namespace = await found()
    assert ("demo", {"trust_env": False}) == (namespace, configuration.client_session_kwargs)
    assert configuration.host.startswith("http://127.0.0.1:")


async def test_a_context_without_a_namespace_means_default(cluster):
    """As for kubectl."""
    config = json.loads(cluster.kubeconfig.read_text())
    del config["contexts"][0]["context"]["namespace"]
    cluster.kubeconfig.write_text(json.dumps(config))
    assert "default" == (await found(Where(context="here")))[1]


async def test_a_context_that_is_not_there_is_told(cluster):
    """With those that are."""
    with pytest.raises(ClusterReadingError, match="no context 'there'; it has here"):
        await found(Where(context="there"))


async def test_the_first_file_that_names_a_current_context_counts(cluster, monkeypatch, tmp_path):
    """Of several files kubectl takes the first current context; the last would be another cluster."""
    other = json.loads(cluster.kubeconfig.read_text())
    other["contexts"][0]["name"] = other["current-context"] = "other"
    other["contexts"][0]["context"]["namespace"] = "elsewhere"
    (tmp_path / "other").write_text(json.dumps(other))
    monkeypatch.setenv("KUBECONFIG", f"{cluster.kubeconfig}{os.pathsep}{tmp_path / 'other'}")
    assert "elsewhere" != (await found())[1]
    assert "here" == pinned(Where()).context
    assert "other" == pinned(Where(context="other")).context


async def test_no_kubeconfig_is_told(tmp_path):
    """With the way out."""
    with pytest.raises(ClusterReadingError, match="give --kubeconfig, or set KUBECONFIG"):
        await found(Where(kubeconfig=str(tmp_path / "nowhere")))


@pytest.mark.parametrize("content", ["t0ken: [", "just words", "{}"])
async def test_a_kubeconfig_that_can_not_be_used_is_not_quoted(tmp_path, content):
    """It may hold a token."""
    (tmp_path / "config").write_text(content)
    with pytest.raises(ClusterReadingError, match="can't be used") as refused:
        await found(Where(kubeconfig=str(tmp_path / "config")))
    assert "t0ken" not in str(refused.value)


async def test_a_pod_is_its_own_account(tmp_path, monkeypatch):
    """Where there is no kubeconfig."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "192.0.2.1")
    monkeypatch.setattr(api_server.config, "load_incluster_config", lambda client_configuration: None)
    monkeypatch.setattr(pod, "NAMESPACE_FILE", tmp_path / "namespace")
    (tmp_path / "namespace").write_text("inner\n")
    assert "inner" == (await found())[1]


async def test_the_proxy_of_the_environment_counts(cluster, monkeypatch):
    """The proxy of the environment is used, with its exceptions, as kubectl does."""
    monkeypatch.setenv("http_proxy", "http://proxy.example.com:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert "http://proxy.example.com:3128" == (await found())[0].proxy
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert None is (await found())[0].proxy


async def test_no_redirect_is_followed(cluster):
    """A pod behind the API server's proxy could lead a command to any server that this machine reaches."""
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (elsewhere, seen):
        head = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere}/x\r\nContent-Length: 0\r\n\r\n"
        async with serving(head.encode()) as (url, _):
            config = json.loads(cluster.kubeconfig.read_text())
            config["clusters"][0]["cluster"]["server"] = url
            cluster.kubeconfig.write_text(json.dumps(config))
            async with connected(Where()) as connection:
                with pytest.raises(ClusterReadingError, match="it redirects, which is not followed"):
                    await api_get(connection.api, "/api/v1/x")
    assert [] == seen
