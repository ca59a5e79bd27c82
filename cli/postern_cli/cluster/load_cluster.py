"""One reading of a cluster: our objects, folders laid over them, and what they refer to.

Reads as the table of contents; `ours` lists, `referred` follows, `overlay` lays over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from postern_cli.sources import Wanted, Where
from postern_cli.visibility import Unread
from postern_core.parse import Parsed, parse_manifest

from .connection import connected
from .fetch_references import fetch_references
from .list_ingresses import ListedIngresses, list_ingresses
from .list_resources import list_resources
from .overlay import laid_over


@dataclass(frozen=True, slots=True)
class ClusterObjects:
    """What was read; `before` is without what was laid over, `namespace` is "" for all."""

    objects: tuple[Parsed, ...]
    before: tuple[Parsed, ...]
    left_out: Unread
    namespace: str


async def read_objects(where: Where, wanted: Wanted, over: Sequence[Parsed] = ()) -> ClusterObjects:
    """Read what is wanted, with `over` in the place of what has its names; raises `ClusterReadingError`."""
    async with connected(where) as connection:
        namespace = where.namespace
        if wanted.is_of_one_namespace:
            namespace = namespace or connection.namespace
            over = [parsed for parsed in over if parsed.ref.namespace == namespace]
        ours = await list_resources(connection, wanted.kinds, namespace)
        # A command without use for Services has none for anything that is served.
        ingresses = await list_ingresses(connection, namespace) if "Service" in wanted.kinds else ListedIngresses()
        present = tuple(parse_manifest(manifest) for manifest in (*ours.manifests, *ingresses.manifests))
        objects = laid_over(present, over)
        referred = await fetch_references(connection.api, objects, wanted.has_use_for_secrets)
    refusals = (*ours.refusals, *ingresses.refusals)
    left_out = Unread(ours.namespaces, referred.refused, referred.unasked, refusals)
    return ClusterObjects((*objects, *referred.objects), (*present, *referred.objects), left_out, namespace)
