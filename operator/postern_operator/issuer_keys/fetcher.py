"""Keeps the keys of all sources fresh: one task a source, and the last good keys while a source fails.

Rules of this file:
1. A failure replaces nothing.  Only a good answer replaces keys, and only `Demand.max_stale_s` ends them.
2. Sources that fail or hang hold up no other of another namespace, nor those that are well: see `slots`.
3. What is not demanded any more is dropped, and its task ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from .errors import Failure, KeyFetchError
from .fetch import Fetched, FetchedKeys
from .schedule import Schedule
from .slots import Slots
from .source import Demand, KeySource, Terms

log = logging.getLogger("postern.issuer_keys")

# How long what starts may wait for sources that were never fetched.
FIRST_WAIT_S = 10.0
# How often it is kept that keys are as they were: a write for each of many sources and minutes is a load.
KEEP_EVERY_S = 600.0


class Client(Protocol):
    """What fetches."""

    async def fetch(self, source: KeySource, before: FetchedKeys | None, timeout_s: float) -> Fetched:
        """Return a good answer; raises `KeyFetchError`."""


class KeyStore(Protocol):
    """Where keys outlive the process; what can't be written is no error."""

    async def read(self, source: KeySource) -> FetchedKeys | None:
        """Return what was kept last, None where there is none; raises where that can't be said now."""

    async def keep(self, source: KeySource, keys: FetchedKeys) -> None:
        """Keep this instead."""

    async def drop(self, source: KeySource) -> None:
        """Keep nothing of a source any more."""


class Observer(Protocol):
    """What counts fetches."""

    def fetched(self, issuers: Iterable[str], result: str, keys: FetchedKeys | None, /) -> None:
        """Note one fetch for these issuers, and the keys in force: `changed`, `unchanged` or a failure's reason."""

    def dropped(self, issuers: Iterable[str]) -> None:
        """Note that nothing is fetched for these issuers any more."""


@dataclass(frozen=True, slots=True)
class KeyState:
    """What is known of the keys of one issuer; `failure` is that of the latest attempt, None after a good one."""

    keys: FetchedKeys | None
    failure: Failure | None
    is_expired: bool = False


@dataclass(slots=True)
class _Entry:
    source: KeySource
    terms: Terms
    issuers: tuple[str, ...]
    schedule: Schedule
    keys: FetchedKeys | None = None
    failure: Failure | None = None
    kept_at: float = 0.0
    has_tried: asyncio.Event = field(default_factory=asyncio.Event)
    must_look: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    write: asyncio.Task[None] | None = None


class KeyFetcher:
    """The keys of all demanded sources; `changed` is called when they, or what can be said of them, are others.

    `now` are seconds since the epoch, for they outlive the process.
    """

    def __init__(
        self, client: Client, store: KeyStore, changed: Callable[[], None], now: Callable[[], float], observer: Observer
    ) -> None:
        self._client = client
        self._store = store
        self._changed = changed
        self._now = now
        self._observer = observer
        self._entries: dict[str, _Entry] = {}
        self._slots = Slots()
        self._tasks: asyncio.TaskGroup | None = None

    async def demand(self, demands: Mapping[str, Demand]) -> None:
        """Fetch for these issuers from now on, and for no others; keys of an earlier run are there on return."""
        before = self._issuers()
        try:
            await self._take(demands)
        finally:
            # At the end: what goes on meanwhile still counts for the old ones.
            self._observer.dropped(before - demands.keys())

    async def _take(self, demands: Mapping[str, Demand]) -> None:
        by_source: dict[str, dict[str, Demand]] = {}
        for issuer, demand in demands.items():
            by_source.setdefault(demand.source.id, {})[issuer] = demand
        for gone in self._entries.keys() - by_source.keys():
            await self._drop(self._entries.pop(gone))
        for id_, of_source in by_source.items():
            terms, issuers = Terms.of(of_source.values()), tuple(sorted(of_source))
            if (entry := self._entries.get(id_)) is not None:
                self._change(entry, terms, issuers)
                continue
            source = next(iter(of_source.values())).source
            keys = await self._kept(source)
            self._entries[id_] = entry = _Entry(source, terms, issuers, self._schedule(source, keys, terms), keys)
            self._start(entry)

    def hint(self, issuers: Iterable[str]) -> None:
        """Fetch soon for these issuers, for tokens name keys that are not known; see `schedule` for how often."""
        named = set(issuers)
        for entry in self._entries.values():
            if not named.isdisjoint(entry.issuers):
                entry.schedule.hint(self._time())
                entry.must_look.set()

    def states(self, demands: Mapping[str, Demand]) -> dict[str, KeyState]:
        """Return what is known of the keys of these issuers."""
        found: dict[str, KeyState] = {}
        for issuer, demand in demands.items():
            if (entry := self._entries.get(demand.source.id)) is None:
                found[issuer] = KeyState(None, None)
                continue
            found[issuer] = KeyState(entry.keys, entry.failure, _is_expired(entry.keys, demand, self._now()))
        return found

    async def wait_first(self, at_most_s: float = FIRST_WAIT_S) -> bool:
        """Wait until every source has keys or was tried once, but no longer; returns whether that is so."""
        try:
            async with asyncio.timeout(at_most_s):
                for entry in list(self._entries.values()):
                    if entry.keys is None:
                        await entry.has_tried.wait()
        except TimeoutError:
            return False
        return True

    async def reload(self) -> None:
        """Take what another process has kept meanwhile; raises what `KeyStore.read` raises.

        Its clock may be another one, so that no time says which keys are newer; those that differ are fetched at once.
        """
        for entry in list(self._entries.values()):
            kept = await self._kept(entry.source)
            if kept is None:
                continue
            is_other = entry.keys is not None and not _is_same(entry.keys, kept)
            if entry.keys is None or is_other or kept.fetched_at > entry.keys.fetched_at:
                entry.keys = kept
                entry.schedule = self._schedule(entry.source, None if is_other else kept, entry.terms)
                self._changed()

    async def run(self) -> None:
        """Fetch until cancelled."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                for entry in self._entries.values():
                    self._start(entry)
                await asyncio.get_running_loop().create_future()
        finally:
            self._tasks = None
            # Another process fetches from now on, and counts.
            self._observer.dropped(self._issuers())

    def _issuers(self) -> set[str]:
        return {it for entry in self._entries.values() for it in entry.issuers}

    async def _kept(self, source: KeySource) -> FetchedKeys | None:
        """What was kept of a source; a clock that has been set back must not keep it fresh."""
        kept = await self._store.read(source)
        return kept and msgspec.structs.replace(kept, fetched_at=min(kept.fetched_at, self._now()))

    def _start(self, entry: _Entry) -> None:
        if self._tasks is not None:
            entry.task = self._tasks.create_task(self._keep_fresh(entry), name=f"keys {entry.source.id}")

    def _change(self, entry: _Entry, terms: Terms, issuers: tuple[str, ...]) -> None:
        is_other, entry.terms, entry.issuers = entry.terms != terms, terms, issuers
        if not is_other:
            return
        if entry.keys is not None:
            entry.schedule.shorten(self._time() + self._expires_in_s(entry, terms.refresh_s))
        # When keys expire may be another time, too.
        entry.must_look.set()

    async def _drop(self, entry: _Entry) -> None:
        if entry.task is not None:
            entry.task.cancel()
        # A write that was sent may be done after the removal, whether or not its answer is waited for.
        if unfinished := [it for it in (entry.task, entry.write) if it is not None]:
            await asyncio.wait(unfinished)
        await self._store.drop(entry.source)

    async def _keep_fresh(self, entry: _Entry) -> None:
        while True:
            await self._until_due(entry)
            async with self._slots.slot(entry.terms.namespaces, is_failing=entry.failure is not None):
                await self._attempt(entry)

    async def _until_due(self, entry: _Entry) -> None:
        """Wait until a fetch is due, and call `changed` where keys expire meanwhile."""
        while (left_s := entry.schedule.due_s - self._time()) > 0:
            expires_in_s = min(
                (left for it in entry.terms.max_stale_s if (left := self._expires_in_s(entry, it)) > 0), default=left_s
            )
            entry.must_look.clear()
            try:
                async with asyncio.timeout(min(left_s, expires_in_s)):
                    await entry.must_look.wait()
            except TimeoutError:
                if expires_in_s < left_s:
                    self._changed()

    async def _attempt(self, entry: _Entry) -> None:
        entry.schedule.begin(self._time())
        try:
            got = await self._client.fetch(entry.source, entry.keys, entry.terms.timeout_s)
        except KeyFetchError as error:
            self._note_failure(entry, error)
        except Exception as error:  # noqa: BLE001 # one source must not end the others
            self._note_failure(entry, KeyFetchError.unexpected(error))
        else:
            await self._note_keys(entry, got)
        entry.has_tried.set()

    async def _note_keys(self, entry: _Entry, got: Fetched) -> None:
        is_same = entry.keys is not None and _is_same(entry.keys, got.keys)
        was_well = entry.failure is None
        entry.keys, entry.failure = got.keys, None
        entry.schedule.succeeded(self._time(), entry.terms.refresh_s, got.max_age_s)
        self._observer.fetched(entry.issuers, "unchanged" if is_same else "changed", got.keys)
        if not is_same:
            log.info("keys changed", extra={"fields": {"issuers": entry.issuers, "source": entry.source.place}})
        if not (is_same and was_well):
            self._changed()
        if not is_same or got.keys.fetched_at - entry.kept_at >= KEEP_EVERY_S:
            entry.kept_at = got.keys.fetched_at
            entry.write = asyncio.get_running_loop().create_task(self._store.keep(entry.source, got.keys))
            await asyncio.shield(entry.write)

    def _note_failure(self, entry: _Entry, error: KeyFetchError) -> None:
        failure = Failure(error.reason, str(error))
        is_known, entry.failure = entry.failure == failure, failure
        entry.schedule.failed(self._time(), entry.terms.refresh_s)
        self._observer.fetched(entry.issuers, error.reason, entry.keys)
        if not is_known:
            fields = {"issuers": entry.issuers, "source": entry.source.place, "error": failure.message}
            log.warning("keys can't be fetched, trying again", extra={"fields": fields})
            self._changed()

    def _schedule(self, source: KeySource, keys: FetchedKeys | None, terms: Terms) -> Schedule:
        """Return when a source is due first: what an earlier run has fetched counts.

        Not of an API server: a backup of another cluster has its keys, and issuers are named alike in all clusters.
        """
        if keys is None or source.is_kubernetes:
            return Schedule(self._time())
        left_s = keys.fetched_at + terms.refresh_s - self._now()
        return Schedule(self._time() + max(0.0, min(terms.refresh_s, left_s)))

    def _expires_in_s(self, entry: _Entry, max_stale_s: float) -> float:
        return entry.keys.fetched_at + max_stale_s - self._now() if entry.keys is not None else 0.0

    @staticmethod
    def _time() -> float:
        return asyncio.get_running_loop().time()


def _is_same(one: FetchedKeys, other: FetchedKeys) -> bool:
    return (one.keys, one.issuer) == (other.keys, other.issuer)


def _is_expired(keys: FetchedKeys | None, demand: Demand, now_s: float) -> bool:
    return keys is not None and 0 < demand.max_stale_s <= now_s - keys.fetched_at
