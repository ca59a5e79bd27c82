"""The keys of identity providers in local mode: fetched as in a cluster, and kept in the state folder.

Loopback may be connected to: who writes the manifests reaches the ports of this machine anyway.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import aiohttp

from postern_core.parse import Parsed
from postern_core.ref import Ref
from postern_operator.issuer_keys.demands import demands_of
from postern_operator.issuer_keys.fetch import FetchedKeys, KeyClient
from postern_operator.issuer_keys.fetch_policy import LOCAL, FetchPolicy
from postern_operator.issuer_keys.fetcher import KeyFetcher, KeyState, KeyStore
from postern_operator.issuer_keys.hints import follow_hints
from postern_operator.issuer_keys.key_objects import KeyObjects
from postern_operator.issuer_keys.source import Demand, KeySource

from .jwks_files import JwksFiles

# What fails is a problem of its TokenIssuer, which local mode prints.
logging.getLogger("postern.issuer_keys").addHandler(logging.NullHandler())

# How long a run waits with its first snapshot, and a validation with its answer, for keys that were never fetched.
FIRST_WAIT_S = 3.0
VALIDATION_WAIT_S = 10.0


class IssuerKeysHere:
    """Fetches what objects ask for, and calls `changed` when other keys, or another failure, are to be compiled."""

    def __init__(self, state: Path, changed: Callable[[], None]) -> None:
        self._fetcher = _fetcher(JwksFiles(state), changed)
        self._objects = KeyObjects(self._fetcher, demands_of)

    async def added_to(self, objects: Sequence[Parsed]) -> tuple[Parsed, ...]:
        """Return the objects and the keys of their issuers."""
        return await self._objects.added_to(objects)

    async def fetch_first(self) -> None:
        """Fetch what was never fetched, and wait for it, but no longer than a person likes to."""
        await _fetch_first(self._fetcher, FIRST_WAIT_S)

    async def run(self) -> None:
        """Fetch until cancelled."""
        await self._fetcher.run()

    async def follow_hints(self, host: str, port: int) -> None:
        """Fetch what the data plane with this admin port lacks, until cancelled."""
        origin = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        async with aiohttp.ClientSession() as session:
            await follow_hints([origin], session, self._fetcher.hint)


async def with_published_keys(objects: Sequence[Parsed]) -> tuple[Parsed, ...]:
    """The objects and the keys of their issuers, fetched now where a cluster is not the only way to them.

    Nothing is kept.
    """
    fetcher = _fetcher(_Nowhere(), lambda: None)
    made = KeyObjects(fetcher, _demands_outside)
    await made.added_to(objects)
    await _fetch_first(fetcher, VALIDATION_WAIT_S)
    return await made.added_to(objects)


async def with_kept_keys(objects: Sequence[Parsed], state: Path) -> tuple[tuple[Parsed, ...], Mapping[Ref, KeyState]]:
    """The objects and the keys that an earlier run has kept, and what is known of them; nothing is fetched."""
    fetcher = _fetcher(_OnlyRead(state), lambda: None)
    complete = await KeyObjects(fetcher, demands_of).added_to(objects)
    asked = demands_of(objects)
    states = fetcher.states({ref.id: demand for ref, demand in asked.items()})
    return complete, {ref: states[ref.id] for ref in asked}


async def _fetch_first(fetcher: KeyFetcher, at_most_s: float) -> None:
    async with asyncio.TaskGroup() as group:
        running = group.create_task(fetcher.run())
        await fetcher.wait_first(at_most_s)
        running.cancel()


def _demands_outside(objects: Sequence[Parsed]) -> dict[Ref, Demand]:
    asked = demands_of(objects).items()
    return {ref: it for ref, it in asked if it.source.service is None and not it.source.is_kubernetes}


def _fetcher(store: KeyStore, changed: Callable[[], None]) -> KeyFetcher:
    return KeyFetcher(KeyClient(FetchPolicy(allowed=LOCAL), time.time), store, changed, time.time, _Unobserved())


class _Unobserved:
    """Counts nothing: local mode has no metrics of its own."""

    def fetched(self, issuers: Iterable[str], result: str, keys: FetchedKeys | None, /) -> None:
        """Count nothing."""

    def dropped(self, issuers: Iterable[str]) -> None:
        """Count nothing."""


class _Nowhere:
    """Keeps nothing."""

    async def read(self, _source: KeySource) -> FetchedKeys | None:
        return None

    async def keep(self, source: KeySource, keys: FetchedKeys) -> None:
        """Keep nothing."""

    async def drop(self, source: KeySource) -> None:
        """Drop nothing."""


class _OnlyRead(_Nowhere):
    """Reads what an earlier run has kept."""

    def __init__(self, state: Path) -> None:
        self._files = JwksFiles(state)

    async def read(self, source: KeySource) -> FetchedKeys | None:
        return await self._files.read(source)
