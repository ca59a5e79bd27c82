"""How the API server is reached: by a kubeconfig, or as the account of a pod."""

from __future__ import annotations

import json

import pytest

from postern_kit import pod
from postern_kit.api_server import ConfigurationError, is_in_pod, read_configuration

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "https://api.example.com:6443"}}],
    "users": [{"name": "u", "user": {"token": "hunter2"}}],
    "contexts": [
        {"name": "x", "context": {"cluster": "c", "user": "u"}},
        {"name": "y", "context": {"cluster": "c", "user": "u", "namespace": "demo"}},
    ],
    "current-context": "x",
}


@pytest.fixture
def kubeconfig(tmp_path):
    path = tmp_path / "config"
    path.write_text(json.dumps(KUBECONFIG))
    return str(path)


@pytest.mark.parametrize(("context", "namespace"), [("", "default"), ("y", "demo")])
async def test_a_kubeconfig_says_where_who_and_which_namespace(kubeconfig, context, namespace):
    """The context's server, token and namespace count, and nothing of the environment."""
    configuration, found = await read_configuration(kubeconfig, context)
    assert ("https://api.example.com:6443", namespace) == (configuration.host, found)
    assert "Bearer hunter2" == await configuration.get_api_key_with_prefix("BearerToken")
    assert {"trust_env": False} == configuration.client_session_kwargs


async def test_of_several_files_one_is_enough(kubeconfig, tmp_path):
    """A missing file beside one that exists is passed over, as kubectl does."""
    configuration, _ = await read_configuration(f"{tmp_path}/nowhere:{kubeconfig}")
    assert "https://api.example.com:6443" == configuration.host


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "No such file"), ("hunter2: [", "ParserError"), ("{}", "ConfigException")]
)
async def test_what_cannot_be_read_is_not_quoted(tmp_path, content, reason):
    """The error of a file that is missing, or none, is the reason alone: the file may hold a token."""
    if content is not None:
        (tmp_path / "config").write_text(content)
    with pytest.raises(ConfigurationError, match=reason) as raised:
        await read_configuration(str(tmp_path / "config"))
    assert "hunter2" not in str(raised.value)


async def test_outside_of_a_pod_there_is_no_account(monkeypatch):
    """Without a kubeconfig the library's reason is the error's."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert not is_in_pod()
    with pytest.raises(ConfigurationError, match="Service host/port is not set"):
        await read_configuration(None)


async def test_a_pod_is_its_account_in_its_namespace(tmp_path, monkeypatch):
    """In a pod the mounted token and namespace count."""
    for name, content in {"token": "hunter2", "ca.crt": "an authority", "namespace": "inner\n"}.items():
        (tmp_path / name).write_text(content)
    loader = "kubernetes.aio.config.incluster_config"
    monkeypatch.setattr(f"{loader}.SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(f"{loader}.SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setattr(pod, "NAMESPACE_FILE", tmp_path / "namespace")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    configuration, namespace = await read_configuration(None)
    assert (True, "https://10.96.0.1:443", "inner") == (is_in_pod(), configuration.host, namespace)
