"""Compiles afresh after each change, for every gateway, whether this replica leads or not.

A standby that has compiled everything takes over with one request.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from itertools import product

from kubernetes.aio.client import ApiClient

from postern_core.codec import TooLargeError
from postern_core.grants import Grants
from postern_core.parse import Parsed
from postern_kit.backoff import Backoff
from postern_kit.logs import described
from postern_operator.build import until_quiet

from .api.writer import Writer
from .errors import ClusterError, NotLeadingError
from .metrics import Metrics
from .rollout.gateway_rollout import GatewayRollout
from .secret_generation import generate_missing
from .status.status_sync import gateway_views, problem_counts
from .watch.fetch_references import fetch
from .watch.informer import Scope
from .watch.object_cache import ObjectCache

log = logging.getLogger("postern.rebuild_loop")

# A Secret that is generated at once never shows as missing; thousands of them take more rounds than one.
GENERATING_S = 1.0

# Returns the objects, and the fetched keys that they ask for.
AddKeys = Callable[[tuple[Parsed, ...]], Awaitable[tuple[Parsed, ...]]]


class RebuildLoop:
    """The loop from changes to builds; `rebuilt` is called after each.

    `unread` says what is not known of the cluster: see `rollout.retention`; `add_keys` adds to what is compiled.
    """

    def __init__(
        self,
        api: ApiClient,
        writer: Writer,
        objects: ObjectCache,
        rollouts: Sequence[GatewayRollout],
        metrics: Metrics,
        *,
        unread: Callable[[], frozenset[Scope]] = frozenset,
        add_keys: AddKeys | None = None,
    ) -> None:
        self._api = api
        self._writer = writer
        self._objects = objects
        self._rollouts = rollouts
        self._metrics = metrics
        self._unread = unread
        self._add_keys = add_keys
        self._backoff = Backoff()
        self._grants_backoff = Backoff()

    async def run(self, may_act: Callable[[], bool], rebuilt: Callable[[], None]) -> None:
        """Rebuild after each change, until cancelled."""
        while True:
            await until_quiet(self._objects)
            try:
                if may_act():
                    await self._generate()
                # What is read from now on is not among the objects yet.
                await self._rebuild(self._objects.snapshot(), self._unread())
                rebuilt()
            except Exception as error:  # noqa: BLE001 # what was published last stays, and the next change may mend it
                log.error("rebuild failed", extra={"fields": described(error)})  # noqa: TRY400 # its text may quote
                self._retry_later(self._backoff)

    async def _rebuild(self, objects: tuple[Parsed, ...], unread: frozenset[Scope]) -> None:
        await self._read_grants(unread)
        # After the grants: what is built before a term's grants and keys have been read is not published.
        compiled = await self._add_keys(objects) if self._add_keys else objects
        for rollout in self._rollouts:
            began = time.monotonic()
            try:
                await rollout.rebuild(compiled, unread)
            except TooLargeError as error:
                # That gateway keeps what it has; the others are no larger for it.
                rollout.cannot_build(str(error))
                continue
            self._metrics.rebuild_seconds.labels(rollout.gateway.name).observe(time.monotonic() - began)
        self._count(objects)

    async def _read_grants(self, unread: frozenset[Scope]) -> None:
        """Read what was granted before; a gateway whose grants can't be read isn't published until they can."""
        read: list[GatewayRollout] = []
        for rollout in self._rollouts:
            try:
                read += [rollout] if await rollout.read_grants(self._api, unread) else []
            except ClusterError as error:
                fields = {"gateway": rollout.gateway.name, "error": str(error)}
                log.warning("grants can't be read, trying again", extra={"fields": fields})
                self._retry_later(self._grants_backoff)
        for rollout, other in product(read, self._rollouts):
            # Hosts are granted for each gateway, keys are the same for all: a gateway that is new has none yet.
            rollout.build.grants = rollout.build.grants.completed_by(Grants({}, other.build.grants.keys))
        if len(read) == len(self._rollouts):
            self._grants_backoff.succeeded()

    async def _generate(self) -> None:
        """Make missing Secrets, as many as can be within `GENERATING_S`."""
        try:
            async with asyncio.timeout(GENERATING_S):
                generated = await generate_missing(self._known_whole(), self._writer)
                await fetch(self._api, self._objects, generated.made)
        except TimeoutError:
            self._objects.mark_dirty()
            return
        errors = [error for error in generated.errors if not isinstance(error, NotLeadingError)]
        if errors:
            log.warning("secrets can't be generated", extra={"fields": {"error": str(errors[0]), "count": len(errors)}})
            self._retry_later(self._backoff)
        else:
            self._backoff.succeeded()

    def _known_whole(self) -> tuple[Parsed, ...]:
        """Return the objects of namespaces of which everything is known."""
        unread = {namespace for _, namespace in self._unread()}
        return () if "" in unread else tuple(it for it in self._objects.snapshot() if it.ref.namespace not in unread)

    def _retry_later(self, backoff: Backoff) -> None:
        """Request another rebuild, after a pause."""
        asyncio.get_running_loop().call_later(backoff.next_s(), self._objects.mark_dirty)

    def _count(self, objects: tuple[Parsed, ...]) -> None:
        for metric, counts in (
            (self._metrics.objects, Counter(parsed.ref.kind for parsed in objects)),
            (self._metrics.problems, problem_counts(gateway_views(self._rollouts))),
        ):
            metric.clear()
            for label, count in counts.items():
                metric.labels(label).set(count)
