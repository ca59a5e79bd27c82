"""The keys of token issuers in a cluster: every replica compiles them, and the one that leads fetches them.

Rules of this file:
1. Nothing is fetched, and no pod asked, by a replica that doesn't lead.
2. In a term, nothing is compiled or fetched before what other leaders have kept was read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial

from kubernetes.aio.client import ApiClient

from postern_core.parse import Parsed
from postern_operator.issuer_keys.demands import demands_of
from postern_operator.issuer_keys.fetch import KeyClient
from postern_operator.issuer_keys.fetch_policy import FetchPolicy
from postern_operator.issuer_keys.fetcher import FIRST_WAIT_S, KeyFetcher
from postern_operator.issuer_keys.key_objects import KeyObjects

from .api.account_issuer import account_keys
from .api.writer import Writer
from .errors import ClusterError
from .fetch_metrics import FetchMetrics
from .kept_keys import KeptKeys
from .metrics import Metrics
from .rollout.data_plane_pods import AdminEndpoint
from .rollout.gateway_rollout import GatewayRollout
from .rollout.pod_hints import PodHints
from .settings import Settings

NOT_FETCHED = "keys of token issuers are fetched for the first time"


class KeyFetching:
    """The fetched keys of one replica; `changed` is called when there is something else to compile."""

    def __init__(
        self,
        api: ApiClient,
        writer: Writer,
        settings: Settings,
        metrics: Metrics,
        *,
        rollouts: Sequence[GatewayRollout],
        changed: Callable[[], None],
    ) -> None:
        policy = FetchPolicy(settings.fetch_deny, settings.fetch_hosts, settings.fetch_allow)
        store = KeptKeys(api, writer, settings.lease_namespace)
        client = KeyClient(policy, time.time, partial(account_keys, api))
        self._fetcher = KeyFetcher(client, store, changed, time.time, FetchMetrics(metrics, time.time))
        self._objects = KeyObjects(self._fetcher, demands_of)
        self._hints = PodHints(self._pods, self._fetcher.hint)
        self._rollouts = rollouts
        self._must_reload = False
        self._is_current = asyncio.Event()
        self._has_compiled = asyncio.Event()
        self._is_first_over = False

    def begin_term(self) -> None:
        """Count what is known as old: another replica may have fetched since."""
        self._must_reload = True
        self._is_current.clear()

    async def added_to(self, objects: tuple[Parsed, ...]) -> tuple[Parsed, ...]:
        """Return the objects and the keys that they ask for; raises `ClusterError` where kept keys can't be read."""
        was_needed = self._objects.is_needed
        if self._must_reload:
            self._must_reload = False
            try:
                await self._fetcher.reload()
            except ClusterError:
                self._must_reload = True
                raise
        objects = await self._objects.added_to(objects)
        # Another term may have begun meanwhile.
        if not self._must_reload:
            self._is_current.set()
        self._has_compiled.set()
        if self._objects.is_needed != was_needed:
            self._hints.changed()
        return objects

    async def wait_first(self) -> None:
        """Be ready once all sources have keys, or were tried once, and soon in any case."""
        await self._has_compiled.wait()
        await self._fetcher.wait_first(FIRST_WAIT_S)
        self._is_first_over = True

    def why_not_ready(self) -> str:
        """Return that keys have still to be fetched, "" where none have."""
        return "" if self._is_first_over else NOT_FETCHED

    async def act(self) -> None:
        """Fetch, and follow the hints of pods, until cancelled."""
        await self._is_current.wait()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._fetcher.run())
            tasks.create_task(self._hints.run())

    def pods_changed(self) -> None:
        """Look which pods there are."""
        self._hints.changed()

    def _pods(self) -> tuple[AdminEndpoint, ...]:
        """Return whom to ask for hints, none while nothing is fetched."""
        if not self._objects.is_needed:
            return ()
        return tuple(admin for rollout in self._rollouts for admin in rollout.admins())
