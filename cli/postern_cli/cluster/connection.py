"""How the command line reaches a cluster: as kubectl would, by the same files, environment and contexts."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from kubernetes.aio import client, config

from postern_cli.errors import ClusterReadingError
from postern_cli.sources import Where

# What tells a process that it runs in a pod, and what it finds there.
IN_CLUSTER = "KUBERNETES_SERVICE_HOST"
POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
DEFAULT_FILE = "~/.kube/config"


@dataclass(frozen=True, slots=True)
class Connection:
    """A client of the API server, and the namespace that kubectl would take."""

    api: client.ApiClient
    namespace: str


@asynccontextmanager
async def connected(where: Where) -> AsyncIterator[Connection]:
    """Be a client of a cluster; raises `ClusterReadingError` where nothing says how."""
    configuration = client.Configuration()
    # Neither proxies nor .netrc: aiohttp would put what it finds there in the place of our token.
    configuration.client_session_kwargs = {"trust_env": False}
    namespace = await _configure(configuration, where)
    configuration.proxy = configuration.proxy or _proxy_for(configuration.host)
    async with client.ApiClient(configuration) as api:
        yield Connection(api, namespace)


async def _configure(configuration: client.Configuration, where: Where) -> str:
    """Fill the configuration in, and give the namespace."""
    files = where.kubeconfig or os.environ.get("KUBECONFIG", "") or DEFAULT_FILE
    try:
        if _is_there(files):
            return await _from_files(configuration, files, where.context)
        if IN_CLUSTER in os.environ and not where.kubeconfig and not where.context:
            config.load_incluster_config(client_configuration=configuration)
            return _own_namespace()
    except ClusterReadingError:
        raise
    except Exception as error:  # noqa: BLE001 # the loader has no tree of exceptions
        # Only the type: a parser's message quotes the file, which may hold a token.
        raise ClusterReadingError(
            f"the kubeconfig {files} can't be used ({type(error).__name__}); see what `kubectl config view` makes of it"
        ) from None
    raise ClusterReadingError(f"there is no kubeconfig at {files}; give --kubeconfig, or set KUBECONFIG")


def _is_there(files: str) -> bool:
    return any(Path(one).expanduser().is_file() for one in files.split(os.pathsep) if one)


def _own_namespace() -> str:
    return POD_NAMESPACE.read_text(encoding="utf-8").strip()


async def _from_files(configuration: client.Configuration, files: str, context: str) -> str:
    if context:
        known = [one["name"] for one in _contexts(files)]
        if context not in known:
            raise ClusterReadingError(f"the kubeconfig has no context {context!r}; it has {', '.join(known) or 'none'}")
    loader = await config.load_kube_config(
        config_file=files, context=context or None, client_configuration=configuration, persist_config=False
    )
    return str(loader.current_context["context"].get("namespace") or "default")


def _contexts(files: str) -> list[dict[str, Any]]:
    merged = config.kube_config.KubeConfigMerger(files).config
    return [one.value for one in merged["contexts"]]


def _proxy_for(host: str) -> str | None:
    """The proxy that the environment names for the API server, as for kubectl."""
    parts = urlsplit(host)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
