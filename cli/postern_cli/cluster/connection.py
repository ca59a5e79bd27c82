"""How the command line reaches a cluster: as kubectl would, by the same files, environment and contexts."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from kubernetes.aio import client, config

from postern_cli.errors import ClusterReadingError
from postern_cli.sources import Where
from postern_kit.api_server import ConfigurationError, is_in_pod, read_configuration

from .api_get import RedirectError

DEFAULT_FILE = "~/.kube/config"


@dataclass(frozen=True, slots=True)
class Connection:
    """A client of the API server, and the namespace that kubectl would take."""

    api: client.ApiClient
    namespace: str


@asynccontextmanager
async def connected(where: Where) -> AsyncIterator[Connection]:
    """Be a client of a cluster; raises `ClusterReadingError` where nothing says how."""
    where, files = pinned(where), _files_of(where)
    is_there = _is_there(files)
    if not is_there and (where.kubeconfig or where.context or not is_in_pod()):
        raise ClusterReadingError(f"there is no kubeconfig at {files}; give --kubeconfig, or set KUBECONFIG")
    try:
        configuration, namespace = await read_configuration(files if is_there else None, where.context)
    except ConfigurationError as error:
        known = _contexts(files) if where.context else []
        if known and where.context not in known:
            raise ClusterReadingError(
                f"the kubeconfig has no context {where.context!r}; it has {', '.join(known)}"
            ) from None
        raise ClusterReadingError(
            f"the kubeconfig {files} can't be used ({error}); see what `kubectl config view` makes of it"
        ) from None
    configuration.trace_configs = [_without_redirects()]
    configuration.proxy = configuration.proxy or _proxy_for(configuration.host)
    async with client.ApiClient(configuration) as api:
        yield Connection(api, namespace)


def _without_redirects() -> aiohttp.TraceConfig:
    """What ends a request before a redirect is followed, for which the client has no option."""

    async def refuse(*_: object) -> None:
        raise RedirectError

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(refuse)
    return trace


def pinned(where: Where) -> Where:
    """The same place with the context that kubectl takes now, which `kubectl config use-context` then doesn't change.

    Of several files the first that names a current one counts, as for kubectl; the loader takes the last.
    """
    if where.context:
        return where
    with contextlib.suppress(Exception):  # the loader has no tree of exceptions
        files = config.kube_config.KubeConfigMerger(_files_of(where)).config_files.values()
        return replace(
            where, context=next((str(it["current-context"]) for it in files if it.get("current-context")), "")
        )
    return where


def _files_of(where: Where) -> str:
    return where.kubeconfig or os.environ.get("KUBECONFIG", "") or DEFAULT_FILE


def _is_there(files: str) -> bool:
    return any(Path(one).expanduser().is_file() for one in files.split(os.pathsep) if one)


def _contexts(files: str) -> list[str]:
    """The names of the contexts, empty where the files can't be read."""
    with contextlib.suppress(Exception):  # the loader has no tree of exceptions
        return [one["name"] for one in config.kube_config.KubeConfigMerger(files).config["contexts"]]
    return []


def _proxy_for(host: str) -> str | None:
    """The proxy that the environment names for the API server, as for kubectl."""
    parts = urlsplit(host)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
