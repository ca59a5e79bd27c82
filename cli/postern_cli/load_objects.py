"""The objects that a command looks at, from wherever its options say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from postern_core.fetched_keys import fetched_keys_ref
from postern_core.parse import Parsed
from postern_core.ref import Ref
from postern_operator.issuer_keys.demands import demands_of
from postern_operator.issuer_keys.fetcher import KeyState
from postern_operator.local.folder_source import Reading
from postern_operator.local.generated_secrets import state_folder
from postern_operator.local.issuer_keys import with_kept_keys, with_published_keys

from .load_folders import read_folders, with_secrets
from .sources import KeysWanted, Source, Wanted
from .visibility import NOTHING, Unread


@dataclass(frozen=True, slots=True)
class LoadedObjects:
    """All objects to compile.

    `reading` is of the folders, `before` what the cluster has without them;
    `namespace` is the one that was read of it, "" for all.  `fetched` are the keys that `postern run` has fetched.
    """

    reading: Reading
    objects: tuple[Parsed, ...]
    before: tuple[Parsed, ...] = ()
    left_out: Unread = NOTHING
    namespace: str = ""
    fetched: Mapping[Ref, KeyState] = field(default_factory=dict)


def load_objects(source: Source, wanted: Wanted) -> LoadedObjects:
    """Read folders and cluster once; raises `click.ClickException`, and `ClusterReadingError`."""
    reading = read_folders(source.folders) if source.folders else Reading()
    if source.where is None:
        return _with_keys(reading, source, wanted)
    # Late: an installation without the packages for a cluster does all else.
    from .cluster.load_cluster import read_objects  # noqa: PLC0415

    read = asyncio.run(read_objects(source.where, wanted, reading.objects))
    left_out = read.left_out
    if wanted.fetched_keys is not KeysWanted.NONE:
        left_out = without_keys(left_out, demands_of(read.objects), "the operator fetches and keeps them")
    return LoadedObjects(reading, read.objects, read.before, left_out, read.namespace)


def _with_keys(reading: Reading, source: Source, wanted: Wanted) -> LoadedObjects:
    objects = with_secrets(reading.objects, source.folders, make=False)
    if wanted.fetched_keys is KeysWanted.KEPT:
        objects, fetched = asyncio.run(with_kept_keys(objects, state_folder(source.folders)))
        return LoadedObjects(reading, objects, fetched=fetched)
    if wanted.fetched_keys is KeysWanted.PUBLISHED:
        complete = asyncio.run(with_published_keys(objects))
        present = {parsed.ref for parsed in complete}
        unreached = [ref for ref in demands_of(objects) if fetched_keys_ref(ref) not in present]
        return LoadedObjects(reading, complete, left_out=without_keys(NOTHING, unreached, "a cluster alone has them"))
    if wanted.fetched_keys is KeysWanted.UNKNOWN:
        return LoadedObjects(reading, objects, left_out=without_keys(NOTHING, demands_of(objects), "none is fetched"))
    return LoadedObjects(reading, objects)


def without_keys(left_out: Unread, issuers: Iterable[Ref], why: str) -> Unread:
    """What was left out, and the fetched keys of these issuers."""
    refused = {fetched_keys_ref(ref): why for ref in issuers}
    return replace(left_out, refused={**left_out.refused, **refused})
