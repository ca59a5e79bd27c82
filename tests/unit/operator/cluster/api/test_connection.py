"""How the API server is reached, for both clients."""

from __future__ import annotations

import json

import pytest

from postern_operator.cluster.api.connection import ConnectionSettingsError, api_configuration
from postern_operator.cluster.watch.kopf_connection import kopf_connection

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "https://api.example.com:6443"}}],
    "users": [{"name": "u", "user": {"token": "hunter2"}}],
    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "x",
}


async def test_a_kubeconfig_says_where_and_who(tmp_path):
    """For kopf as for our own client."""
    path = tmp_path / "config"
    path.write_text(json.dumps(KUBECONFIG))
    connection = await kopf_connection(await api_configuration(str(path)))
    assert ("https://api.example.com:6443", "hunter2", False) == (
        connection.server, connection.token, connection.insecure
    )  # fmt: skip


@pytest.mark.parametrize("content", [None, "", "token: hunter2: x", "{}"])
async def test_what_cannot_be_used_is_said_without_quoting_it(tmp_path, content):
    """A file that isn't there, or is none."""
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConnectionSettingsError, match="see --kubeconfig") as refused:
        await api_configuration(str(path))
    assert "hunter2" not in str(refused.value)


async def test_outside_of_a_pod_it_is_as_kubectl_has_it(tmp_path, monkeypatch):
    """Outside of a pod the kubeconfig counts, inside of one the service account."""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.delenv("KUBERNETES_SERVICE_PORT", raising=False)
    with pytest.raises(ConnectionSettingsError, match="kubeconfig or pod account"):
        await api_configuration("")


async def test_in_a_pod_it_is_the_service_account(tmp_path, monkeypatch):
    """Whose token is written with another scheme's name than a kubeconfig's."""
    (tmp_path / "token").write_text("hunter2")
    (tmp_path / "ca.crt").write_text("an authority")
    loader = "kubernetes.aio.config.incluster_config"
    monkeypatch.setattr(f"{loader}.SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(f"{loader}.SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    connection = await kopf_connection(await api_configuration(""))
    assert ("https://10.96.0.1:443", "hunter2") == (connection.server, connection.token)
