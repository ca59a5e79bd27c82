"""The Ingresses of another class with the Services that they name, by rights to read those alone.

Nothing is written, and no Secret is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kubernetes.aio import client

from postern_cli.errors import ClusterReadingError, RefusedError
from postern_cli.ingress_nginx.source import NginxIngress
from postern_cli.sources import Where
from postern_operator.cluster.api.resource_types import INGRESSES, KUBERNETES_SERVICES

from .api_get import NOT_FOUND, api_get
from .connection import connected
from .list_resources import list_if_allowed

# One command must not slow the API server down for its other clients.
GETS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class ReadIngresses:
    """The Ingresses, each with its place in the cluster, and what is wrong with the Services that they name."""

    manifests: tuple[tuple[str, dict[str, Any]], ...]
    warnings: tuple[str, ...]


def read_ingresses(where: Where, class_name: str) -> ReadIngresses:
    """List the Ingresses of a class, and of none; raises `ClusterReadingError` where they may not be listed."""
    return asyncio.run(_read(where, class_name))


async def _read(where: Where, class_name: str) -> ReadIngresses:
    async with connected(where) as connection:
        found = await list_if_allowed(connection.api, INGRESSES, where.namespace)
        if found is None:
            place = f"namespace {where.namespace}" if where.namespace else "all namespaces"
            raise ClusterReadingError(
                f"you may not list ingresses.networking.k8s.io in {place} (403 Forbidden); "
                "ask for the verb `list`, or name another namespace with --namespace"
            )
        wanted = [it for it in found if NginxIngress(it).ingress_class in ("", class_name)]
        warnings = await _wrong_services(connection.api, [NginxIngress(it) for it in wanted])
    return ReadIngresses(tuple((NginxIngress(it).title, it) for it in wanted), tuple(warnings))


async def _wrong_services(api: client.ApiClient, sources: Sequence[NginxIngress]) -> list[str]:
    """What Postern will not reach of the Services that paths name; a Service that may not be read is passed over."""
    named = sorted({(it.namespace, path.backend.name) for it in sources for path in it.paths if path.backend})
    gate = asyncio.Semaphore(GETS_AT_ONCE)

    async def wrong(namespace: str, name: str) -> str:
        async with gate:
            try:
                service = (await api_get(api, KUBERNETES_SERVICES.path(namespace, name))).content
            except RefusedError as error:
                return "is not there" if error.status == NOT_FOUND else ""
        is_alias = (service.get("spec") or {}).get("type") == "ExternalName"
        return "is of type ExternalName, which is not followed; write upstream.url" if is_alias else ""

    answers = await asyncio.gather(*(wrong(*it) for it in named))
    return [f"Service {namespace}/{name} {why}" for (namespace, name), why in zip(named, answers, strict=True) if why]
