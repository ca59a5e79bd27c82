"""What our objects refer to, object by object: a right to get a named one is enough.

A Secret is read only where the command has a use for what it holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kubernetes.aio import client

from postern_cli.errors import RefusedError
from postern_core.parse import Parsed, parse_manifest
from postern_core.ref import Ref
from postern_core.resources.kubernetes import SERVICE_NAME_LABEL
from postern_operator.cluster.api.resource_types import ENDPOINT_SLICES
from postern_operator.cluster.watch.fetch_references import RESOURCES
from postern_operator.cluster.watch.references import references_of

from .api_get import NOT_FOUND, api_get

# One command must not slow the API server down for its other clients.
GETS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class FetchedReferences:
    """The objects that are there; those that may not be read, and why; those that were not asked for."""

    objects: tuple[Parsed, ...]
    refused: Mapping[Ref, str]
    unasked: frozenset[Ref]


async def fetch_references(
    api: client.ApiClient, objects: Iterable[Parsed], has_use_for_secrets: Callable[[Parsed], bool]
) -> FetchedReferences:
    """Read what is named and not among the objects already."""
    objects = tuple(objects)
    present = {parsed.ref for parsed in objects}
    classes = {ref.name: parsed for parsed in objects if (ref := parsed.ref).kind == "IngressClass"}
    named: set[Ref] = set()
    useful: set[Ref] = set()
    for parsed in objects:
        references = references_of(parsed, classes) - present
        named |= references
        is_useful = has_use_for_secrets(parsed)
        useful |= {ref for ref in references if ref.kind != "Secret" or is_useful}
    gate = asyncio.Semaphore(GETS_AT_ONCE)

    async def get(ref: Ref) -> list[Parsed] | str:
        async with gate:
            return await _get(api, ref)

    wanted = sorted(useful)
    answers = dict(zip(wanted, await asyncio.gather(*map(get, wanted)), strict=True))
    found = [parsed for answer in answers.values() if not isinstance(answer, str) for parsed in answer]
    refused = {ref: answer for ref, answer in answers.items() if isinstance(answer, str)}
    return FetchedReferences(tuple(found), refused, frozenset(named - useful))


async def _get(api: client.ApiClient, ref: Ref) -> list[Parsed] | str:
    """One object, with its endpoints if it is a Service; nothing where there is none, and why where it is refused."""
    resource = RESOURCES[ref.kind]
    try:
        answer = await api_get(api, resource.path(ref.namespace, ref.name))
        manifests = [answer.content]
        if ref.kind == "core/Service":
            selector = f"{SERVICE_NAME_LABEL}={ref.name}"
            slices = await api_get(api, ENDPOINT_SLICES.path(ref.namespace), labelSelector=selector)
            kind = {"apiVersion": ENDPOINT_SLICES.api_version, "kind": ENDPOINT_SLICES.kind}
            manifests += [kind | one for one in slices.content.get("items") or ()]
    except RefusedError as error:
        return [] if error.status == NOT_FOUND else error.why
    return [parse_manifest(manifest) for manifest in manifests]
