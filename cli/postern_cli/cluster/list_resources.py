"""Our kinds, in every namespace where the caller may list them, or in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kubernetes.aio import client

from postern_cli.errors import ClusterReadingError, RefusedError
from postern_core.resources.kubernetes import UNMARKED_SECRETS_LABEL
from postern_operator.cluster.api.reader import Resource, manifest_of, pages
from postern_operator.cluster.api.resource_types import NAMESPACES, OUR_RESOURCES

from .api_get import FORBIDDEN, NOT_FOUND, api_get, in_words
from .connection import Connection

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ListedResources:
    """The objects, Namespaces among them where those may be listed.

    `namespaces` are, for a kind that could not be listed everywhere, those where it could.
    """

    manifests: tuple[Manifest, ...]
    namespaces: Mapping[str, frozenset[str]] = field(default_factory=dict)
    refusals: tuple[str, ...] = ()


async def list_resources(connection: Connection, kinds: Sequence[str], namespace: str) -> ListedResources:
    """List these kinds; "" is everywhere.  Raises `ClusterReadingError` where nothing at all may be listed."""
    resources = [resource for resource in OUR_RESOURCES if resource.kind in kinds]
    known = None if namespace else await list_if_allowed(connection.api, NAMESPACES, "") or None
    every = [one["metadata"]["name"] for one in known] if known is not None else [namespace or connection.namespace]
    found: list[Manifest] = list(known or ())
    read_in: dict[str, frozenset[str]] = {}
    for resource in resources:
        if not namespace:
            listed = await list_if_allowed(connection.api, resource, "")
            if listed is not None:
                found += listed
                continue
        allowed = set()
        for one in every:
            listed = await list_if_allowed(connection.api, resource, one)
            if listed is not None:
                found += listed
                allowed.add(one)
        read_in[resource.kind] = frozenset(allowed)
    if len(read_in) == len(resources) and not any(read_in.values()):
        where = f"namespace {every[0]}" if len(every) == 1 else "any namespace"
        raise ClusterReadingError(
            f"you may not list {', '.join(f'{it.plural}.postern.dev' for it in resources)} in {where} (403 Forbidden); "
            "ask for the verb `list`, or name another namespace with --namespace"
        )
    asked = {namespace} if namespace else set(every) if known is not None else None
    refusals = tuple(_refusals(read_in, asked))
    if known is None:
        lax = await _lax_namespace(connection.api, every[0])
        # Where it can't be read, what its Secrets may be used for is not known either.
        read_in |= {NAMESPACES.kind: frozenset()} if lax is None else {}
        found += lax or ()
    return ListedResources(tuple(found), read_in, refusals)


async def _lax_namespace(api: client.ApiClient, name: str) -> list[Manifest] | None:
    """The Namespace if its label bears on its Secrets, None where it may not be read.

    Any other is left out: beside it all namespaces that were not listed would seem not to exist.
    """
    try:
        manifest = (await api_get(api, NAMESPACES.path(name=name))).content
    except RefusedError as error:
        return [] if error.status == NOT_FOUND else None
    labels = manifest.get("metadata", {}).get("labels") or {}
    return [manifest] if UNMARKED_SECRETS_LABEL in labels else []


async def list_if_allowed(api: client.ApiClient, resource: Resource, namespace: str) -> list[Manifest] | None:
    """All objects of a kind, None where listing them is forbidden."""
    found: list[Manifest] = []
    try:
        with in_words(api, f"a list of {resource.plural}"):
            async for page in pages(api, resource, namespace):
                found += [manifest_of(resource, raw) for raw in page.items or ()]
    except RefusedError as error:
        if error.status == FORBIDDEN:
            return None
        if error.status == NOT_FOUND:
            raise ClusterReadingError(
                f"the cluster has no kind {resource.plural}.postern.dev; install the kinds of crds/ first"
            ) from None
        raise
    return found


def _refusals(read_in: Mapping[str, frozenset[str]], asked: set[str] | None) -> list[str]:
    """A line for each kind that was not read everywhere; `asked` None is wherever one may list."""
    lines = []
    for kind, read in read_in.items():
        if asked is None:
            but = f" but {', '.join(sorted(read))}" if read else ""
            lines.append(f"{kind} of all namespaces{but} (403 Forbidden)")
        elif asked - read:
            lines.append(f"{kind} of {', '.join(sorted(asked - read))} (403 Forbidden)")
    return lines
