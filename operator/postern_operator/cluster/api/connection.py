"""How the operator reaches the API server: as its options say, or as the pod's own service account."""

from __future__ import annotations

from kubernetes.aio import client, config

from postern_kit.api_server import ConfigurationError, is_in_pod, read_configuration
from postern_operator.errors import OperatorError


class ConnectionSettingsError(OperatorError):
    """Nothing says where the API server is, or what says so can't be read."""


async def api_configuration(kubeconfig: str) -> client.Configuration:
    """Where the API server is and who we are; raises `ConnectionSettingsError`.

    Without a kubeconfig: the pod's service account, and outside of a pod what kubectl would take.
    """
    try:
        files = kubeconfig or (None if is_in_pod() else config.KUBE_CONFIG_DEFAULT_LOCATION)
        configuration, _ = await read_configuration(files)
    except ConfigurationError as error:
        what = f"the kubeconfig {kubeconfig}" if kubeconfig else "the kubeconfig or pod account"
        raise ConnectionSettingsError(f"{what} can't be used: {error}; see --kubeconfig") from None
    return configuration
