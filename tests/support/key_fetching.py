"""A fetcher of keys in virtual time: a provider that answers as it is told, a store in memory, and a run of both."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Self

from postern_operator.issuer_keys.errors import FetchReason, KeyFetchError
from postern_operator.issuer_keys.fetch import Fetched, FetchedKeys
from postern_operator.issuer_keys.fetcher import KeyFetcher
from postern_operator.issuer_keys.source import Demand, KeySource

EPOCH = 1_800_000_000.0
ONE, TWO = KeySource("https://one.example.com/jwks"), KeySource("https://two.example.com/jwks")


def now() -> float:
    return EPOCH + asyncio.get_running_loop().time()


class Provider:
    """Answers for each source with its keys, or fails, or hangs."""

    def __init__(self, **keys: str) -> None:
        self.keys: dict[str, str | None] = {f"https://{name}.example.com/jwks": text for name, text in keys.items()}
        self.asked: Counter[str] = Counter()
        self.times: list[float] = []
        self.at_once = self.at_once_max = 0

    async def fetch(self, source: KeySource, before: FetchedKeys | None, timeout_s: float) -> Fetched:
        self.asked[source.url] += 1
        self.times.append(asyncio.get_running_loop().time())
        self.at_once += 1
        self.at_once_max = max(self.at_once, self.at_once_max)
        try:
            answer = self.keys.get(source.url)
            await asyncio.sleep(timeout_s if answer == "hangs" else 0.1)
        finally:
            self.at_once -= 1
        if answer == "breaks":
            raise RuntimeError("secret")
        if answer in (None, "hangs"):
            raise KeyFetchError(FetchReason.UNAVAILABLE, "answers with status 500")
        return Fetched(FetchedKeys(str(answer), now(), source.url))


class Store:
    """Keeps in memory, and counts how often."""

    def __init__(self) -> None:
        self.kept: dict[str, FetchedKeys] = {}
        self.writes = 0

    async def read(self, source: KeySource) -> FetchedKeys | None:
        return self.kept.get(source.id)

    async def keep(self, source: KeySource, keys: FetchedKeys) -> None:
        self.kept[source.id] = keys
        self.writes += 1

    async def drop(self, source: KeySource) -> None:
        self.kept.pop(source.id, None)


class Run:
    """A fetcher that runs as long as the context lasts, and what it has reported."""

    def __init__(self, provider: Provider, store: Store | None = None) -> None:
        self.provider = provider
        self.changes: list[int] = []
        self.results: Counter[tuple[str, str]] = Counter()
        self.gone: set[str] = set()
        self.store = store or Store()
        self.fetcher = KeyFetcher(provider, self.store, lambda: self.changes.append(round(now() - EPOCH)), now, self)

    def fetched(self, issuers: Iterable[str], result: str, _keys: FetchedKeys | None) -> None:
        for issuer in issuers:
            self.results[issuer, result] += 1

    def dropped(self, issuers: Iterable[str]) -> None:
        self.gone = set(issuers)

    async def __aenter__(self) -> Self:
        self._task = asyncio.get_running_loop().create_task(self.fetcher.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def keys(self, demands: Mapping[str, Demand]) -> dict[str, str | None]:
        states = self.fetcher.states(demands)
        return {issuer: state.keys.keys if state.keys else None for issuer, state in states.items()}
