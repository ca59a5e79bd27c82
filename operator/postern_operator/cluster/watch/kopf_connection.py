"""The configuration of the API server's client, as kopf wants it."""

from __future__ import annotations

from typing import Any

import kopf
from kubernetes.aio import client


async def kopf_connection(configuration: client.Configuration) -> kopf.ConnectionInfo:
    """Return the same connection for kopf, with the token as it is at this moment."""
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
