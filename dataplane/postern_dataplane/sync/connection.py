"""The way to the API server: where it is and who we are, read from files."""

from __future__ import annotations

import asyncio
from pathlib import Path

from kubernetes.aio.client import ApiClient, Configuration, CoreV1Api
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

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
                self._client = ApiClient(await read_configuration(self._kubeconfig))
                self._client.user_agent = USER_AGENT
            return CoreV1Api(self._client)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()


async def read_configuration(kubeconfig: str | None) -> Configuration:
    """Read a kubeconfig, or (None) what each pod is given; raises `ApiError`, which quotes neither."""
    configuration = Configuration()
    # The environment's proxies and .netrc are not for the one token of this pod.
    configuration.client_session_kwargs = {"trust_env": False}
    try:
        if kubeconfig is None:
            load_incluster_config(client_configuration=configuration)
        else:
            await _load(kubeconfig, configuration)
    except (ConfigException, OSError) as error:
        raise ApiError(f"{_source(kubeconfig)}: {_in_words(error)}") from None
    except Exception as error:  # noqa: BLE001 # the loader has no tree of exceptions
        # Only the type: the message of a YAML parser quotes the file, which may hold a token.
        raise ApiError(f"{_source(kubeconfig)}: {type(error).__name__}") from None
    return configuration


async def _load(kubeconfig: str, configuration: Configuration) -> None:
    _find(kubeconfig)
    await load_kube_config(config_file=kubeconfig, client_configuration=configuration, persist_config=False)


def _find(kubeconfig: str) -> None:
    """Raise `OSError` for a file that isn't there: the loader would treat it as an empty one."""
    Path(kubeconfig).stat()


def _source(kubeconfig: str | None) -> str:
    return f"the kubeconfig {kubeconfig} can't be used" if kubeconfig else "this is no pod with an API token"


def _in_words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
