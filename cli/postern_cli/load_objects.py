"""The objects that a command looks at, from wherever its options say."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from postern_core.parse import Parsed
from postern_operator.local.folder_source import Reading

from .load_folders import read_folders, with_secrets
from .sources import Source, Wanted
from .visibility import NOTHING, Unread


@dataclass(frozen=True, slots=True)
class LoadedObjects:
    """All objects to compile.

    `reading` is of the folders, `before` what the cluster has without them;
    `namespace` is the one that was read of it, "" for all.
    """

    reading: Reading
    objects: tuple[Parsed, ...]
    before: tuple[Parsed, ...] = ()
    left_out: Unread = NOTHING
    namespace: str = ""


def load_objects(source: Source, wanted: Wanted) -> LoadedObjects:
    """Read folders and cluster once; raises `click.ClickException`, and `ClusterReadingError`."""
    reading = read_folders(source.folders) if source.folders else Reading()
    if source.where is None:
        return LoadedObjects(reading, with_secrets(reading.objects, source.folders, make=False))
    # Late: an installation without the packages for a cluster does all else.
    from .cluster.load_cluster import read_objects  # noqa: PLC0415

    read = asyncio.run(read_objects(source.where, wanted, reading.objects))
    return LoadedObjects(reading, read.objects, read.before, read.left_out, read.namespace)
