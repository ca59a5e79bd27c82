"""Fetches what has just become referenced; the informers skip what is not referenced."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping

import msgspec
from kubernetes.aio import client

from postern_core.ref import Ref
from postern_kit.backoff import Backoff
from postern_operator.cluster.api.reader import API_ERRORS, Item, Resource, get_object, manifest_of, pages
from postern_operator.cluster.api.resource_types import CONFIG_MAPS, ENDPOINT_SLICES, KUBERNETES_SERVICES, SECRETS

from .informer import reason_of
from .object_cache import ObjectCache
from .references import service_of_slice

log = logging.getLogger("postern.fetch_references")

# Fifty thousand credentials may come at once; what they name is mostly there already by then.
GETS_AT_ONCE = 16

RESOURCES: Mapping[str, Resource] = {
    "Secret": SECRETS,
    "ConfigMap": CONFIG_MAPS,
    "core/Service": KUBERNETES_SERVICES,
}


async def fetch_missing(api: client.ApiClient, objects: ObjectCache) -> None:
    """Fetch whatever is missing, until cancelled."""
    backoff = Backoff()
    while True:
        await objects.has_missing.wait()
        missing = objects.missing()
        while missing:
            missing = await fetch(api, objects, missing)
            if missing:
                await asyncio.sleep(backoff.next_s())
                missing += objects.missing()
        backoff.succeeded()


async def fetch(api: client.ApiClient, objects: ObjectCache, refs: Iterable[Ref]) -> tuple[Ref, ...]:
    """Fetch these, where they exist; returns those for which the API server has not answered."""
    waiting = iter(tuple(refs))
    unanswered: list[Ref] = []

    async def work() -> None:
        for ref in waiting:
            try:
                await _get(api, objects, ref)
                objects.fetched(ref)
            except API_ERRORS as error:
                if not unanswered:
                    log.warning(
                        "a referenced object can't be read", extra={"fields": {"resource": str(ref)} | reason_of(error)}
                    )
                unanswered.append(ref)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(GETS_AT_ONCE):
            tasks.create_task(work())
    return tuple(unanswered)


async def _get(api: client.ApiClient, objects: ObjectCache, ref: Ref) -> None:
    manifest = await get_object(api, RESOURCES[ref.kind], ref.namespace, ref.name)
    if manifest is not None:
        objects.put(manifest)
    if ref.kind == "core/Service":
        async for page in pages(api, ENDPOINT_SLICES, ref.namespace):
            for raw in page.items or ():
                heading = msgspec.json.decode(raw, type=Item).metadata
                if service_of_slice(ref.namespace, heading.labels) == ref:
                    objects.put(manifest_of(ENDPOINT_SLICES, raw))
