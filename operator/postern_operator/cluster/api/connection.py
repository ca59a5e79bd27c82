"""How the API server is reached: by a kubeconfig, or as the pod's own service account.

Both clients, ours and kopf's, are made from the same configuration.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import kopf
from kubernetes.aio import client, config

from postern_operator.errors import OperatorError

# What tells a process that it runs in a pod.
IN_CLUSTER = "KUBERNETES_SERVICE_HOST"


class ConnectionSettingsError(OperatorError):
    """Nothing says where the API server is, or what says so can't be read."""


async def api_configuration(kubeconfig: str) -> client.Configuration:
    """Where the API server is and who we are; raises `ConnectionSettingsError`.

    Without a kubeconfig: the pod's service account, and outside of a pod what kubectl would take.
    """
    configuration = client.Configuration()
    # The environment's proxies and .netrc are not for the operator's token.
    configuration.client_session_kwargs = {"trust_env": False}
    try:
        if not kubeconfig and IN_CLUSTER in os.environ:
            config.load_incluster_config(client_configuration=configuration)
        else:
            path = _existing(kubeconfig or config.KUBE_CONFIG_DEFAULT_LOCATION)
            await config.load_kube_config(config_file=path, client_configuration=configuration, persist_config=False)
    except Exception as error:  # noqa: BLE001 # the loader has no tree of exceptions
        # Only the type: a YAML parser's message quotes the file, which may hold a token.
        what = f"the kubeconfig {kubeconfig}" if kubeconfig else "the kubeconfig or pod account"
        raise ConnectionSettingsError(f"{what} can't be used: {type(error).__name__}; see --kubeconfig") from None
    return configuration


def _existing(path: str) -> str:
    """The file itself; the loader takes one that isn't there for an empty one."""
    expanded = Path(path).expanduser()
    expanded.stat()
    return str(expanded)


async def kopf_connection(configuration: client.Configuration) -> kopf.ConnectionInfo:
    """The same for kopf, with the token as it is at this moment."""
    # "Bearer x" by a kubeconfig, "bearer x" in a pod.
    _, _, token = (await configuration.get_api_key_with_prefix("BearerToken") or "").partition(" ")
    return kopf.ConnectionInfo(
        server=configuration.host,
        ca_path=configuration.ssl_ca_cert,
        insecure=not configuration.verify_ssl,
        token=token or None,
        certificate_path=configuration.cert_file,
        private_key_path=configuration.key_file,
        **_basic(configuration),
    )


def _basic(configuration: client.Configuration) -> dict[str, Any]:
    if not configuration.username:
        return {}
    return {"username": configuration.username, "password": configuration.password}
