"""How the API server is found: with a kubeconfig, or as a pod does it."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from kubernetes.aio.config import incluster_config

from postern_dataplane.sync.connection import Connection, api_configuration
from postern_dataplane.sync.errors import ApiError

# Nobody's certificate: the loader wants to see that there is something.
AUTHORITY = "-----BEGIN CERTIFICATE-----"


class Later:
    """A clock for a library that has its own."""

    minutes = 0
    timedelta = dt.timedelta
    datetime: type

    @classmethod
    def now(cls):
        return dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=cls.minutes)


Later.datetime = Later


@pytest.fixture
def pod(tmp_path, monkeypatch):
    """What a pod is given; gives the file of its token."""
    (tmp_path / "token").write_text("token-1")
    (tmp_path / "ca.crt").write_text(AUTHORITY)
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    return tmp_path / "token"


async def error_of(kubeconfig):
    with pytest.raises(ApiError) as raised:
        await api_configuration(kubeconfig)
    return str(raised.value)


async def token_of(configuration):
    return await configuration.get_api_key_with_prefix("BearerToken")


async def test_a_kubeconfig_says_where_and_who(api, kubeconfig):
    """Its server and its token."""
    configuration = await api_configuration(str(kubeconfig))
    assert (api.url, "Bearer token-1") == (configuration.host, await token_of(configuration))


async def test_a_pod_is_told_where_and_who(pod):
    """In a pod the API server's address and the account are found, and the server is verified."""
    configuration = await api_configuration(None)
    assert ("https://10.0.0.1:443", True) == (configuration.host, configuration.verify_ssl)
    assert "bearer token-1" == await token_of(configuration)


async def test_a_rotated_token_is_read_again(pod, monkeypatch):
    """Within the client's minute, here a moment."""
    monkeypatch.setattr(incluster_config, "datetime", Later)
    configuration = await api_configuration(None)
    pod.write_text("token-2")
    Later.minutes = 2
    assert "bearer token-2" == await token_of(configuration)


async def test_proxies_of_the_environment_are_not_used(pod):
    """They are not for the one token of this pod."""
    assert {"trust_env": False} == (await api_configuration(None)).client_session_kwargs


async def test_no_pod_is_told():
    """Somebody has forgotten the kubeconfig."""
    assert "this is no pod with an API token: Service host/port is not set." == await error_of(None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("token: secret: no yaml", "ScannerError"),
        ("", "TypeError"),
        ("current-context: it", "ConfigException"),
    ],
)
async def test_a_bad_kubeconfig_is_told_without_its_text(tmp_path, content, said):
    """It may hold a token."""
    (tmp_path / "bad").write_text(content)
    error = await error_of(str(tmp_path / "bad"))
    assert (True, False) == (
        error.startswith(f"the kubeconfig {tmp_path}/bad can't be used: {said}"),
        "secret" in error,
    )


async def test_a_kubeconfig_that_is_not_there_is_told():
    """By the system's words."""
    assert "the kubeconfig /nowhere can't be used: No such file or directory" == await error_of("/nowhere")


async def test_a_connection_is_one_client_until_it_is_closed(kubeconfig):
    """A connection has one client until it is closed, then a new one from files that are read again."""
    connection = Connection(str(kubeconfig))
    first, same = (core.api_client for core in await asyncio.gather(connection.core(), connection.core()))
    await connection.close()
    other = (await connection.core()).api_client
    await connection.close()
    await connection.close()
    assert (True, False) == (first is same, first is other)
