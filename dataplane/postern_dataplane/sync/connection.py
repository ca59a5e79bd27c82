"""The way to the API server: where it is and who we are, read from files."""

from __future__ import annotations

import asyncio

from kubernetes.aio.client import ApiClient, Configuration, CoreV1Api

from postern_kit.api_server import ConfigurationError, read_configuration

from .errors import ApiError

# Who it was, in the audit log of the API server.
USER_AGENT = "postern-sync"


class Connection:
    """A client of the API server, for one loop.

    After `close` everything is read anew: the address, the authorities and the
    token, so closing after each failure survives the rotation of all three.  In a
    pod the client also reads the token again every minute by itself.
    """

    def __init__(self, kubeconfig: str | None) -> None:
        self._kubeconfig = kubeconfig
        self._client: ApiClient | None = None
        # Several shards are asked for at a time, on one client.
        self._making = asyncio.Lock()

    async def core(self) -> CoreV1Api:
        """The API of ConfigMaps and Secrets; raises `ApiError` when the files don't say how to reach it."""
        async with self._making:
            if self._client is None:
                self._client = ApiClient(await api_configuration(self._kubeconfig))
                self._client.user_agent = USER_AGENT
            return CoreV1Api(self._client)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()


async def api_configuration(kubeconfig: str | None) -> Configuration:
    """Read a kubeconfig, or (None) what each pod is given; raises `ApiError`, which quotes neither."""
    try:
        configuration, _ = await read_configuration(kubeconfig)
    except ConfigurationError as error:
        source = f"the kubeconfig {kubeconfig} can't be used" if kubeconfig else "this is no pod with an API token"
        raise ApiError(f"{source}: {error}") from None
    return configuration
