"""What the supervisor knows of its workers: the state behind every answer of the admin port.

Changed by messages of workers, without awaiting.  Starting and stopping them
belongs in `supervisor`.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from .definitions import UNKNOWN_KEY_HINTS
from .totals import Totals
from .worker_messages import CertificatesLoaded, SnapshotLoaded, SnapshotRefused, WorkerReport


@dataclass(slots=True)
class WorkerState:
    """One running worker, as of its latest messages.

    `certificates` are those that it can present, by folder, with their ends in
    seconds since the epoch.
    """

    pid: int
    serving: SnapshotLoaded | None = None
    refused: SnapshotRefused | None = None
    certificates: dict[str, float] = field(default_factory=dict)
    gauges: dict[str, float] = field(default_factory=dict)


class WorkerPool:
    """The workers by slot, a slot without one being empty, and the totals of all that there ever were.

    `ports` are those of the snapshot's listeners: why one can't be opened, "" for one that is open.
    """

    def __init__(self, size: int, *, needs_certificate: bool = False, routes_max: int = 0) -> None:
        self.size = size
        self._needs_certificate = needs_certificate
        self.workers: dict[int, WorkerState] = {}
        self.totals = Totals(routes_max)
        self.restarts = 0
        self.is_draining = False
        self.ports: dict[int, str] = {}
        self._more_hints = asyncio.Event()
        self._has_waits = True

    def started(self, slot: int, pid: int) -> None:
        self.workers[slot] = WorkerState(pid)

    def record(self, slot: int, message: SnapshotLoaded | SnapshotRefused | CertificatesLoaded | WorkerReport) -> None:
        """Note what a worker tells."""
        worker = self.workers[slot]
        if isinstance(message, SnapshotLoaded):
            worker.serving, worker.refused = message, None
        elif isinstance(message, SnapshotRefused):
            worker.refused = message
        elif isinstance(message, CertificatesLoaded):
            worker.certificates = message.ends_at
        else:
            worker.gauges = message.gauges
            self.totals.add(message)
            if UNKNOWN_KEY_HINTS.name in message.counts:
                self._more_hints.set()
                self._more_hints = asyncio.Event()

    def gone(self, slot: int) -> None:
        """Forget a worker; what it counted stays, but for what is shown by route."""
        self.workers.pop(slot, None)
        self.totals.routes.clear()

    def unknown_keys(self) -> dict[str, int]:
        """How many tokens named a key that their issuer does not have, by issuer."""
        return {str(issuer): int(count) for (issuer,), count in self.totals.counts[UNKNOWN_KEY_HINTS.name].items()}

    async def wait_unknown_keys(self, after: int, at_most_s: float) -> dict[str, int]:
        """Return `unknown_keys` once their sum is another than this one, or after a while as they are."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                while self._has_waits and sum(self.unknown_keys().values()) == after:
                    await self._more_hints.wait()
        return self.unknown_keys()

    def end_waiting(self) -> None:
        """Return from every `wait_unknown_keys` now, and at once from later ones."""
        self._has_waits = False
        self._more_hints.set()

    @property
    def serving(self) -> list[SnapshotLoaded]:
        """What is in force, one for each worker that has a snapshot."""
        return [worker.serving for worker in self.workers.values() if worker.serving]

    @property
    def common(self) -> SnapshotLoaded | None:
        """What every worker serves, the latest to load it; None while they differ or one has nothing."""
        serving = self.serving
        if len(serving) < self.size or len({one.digest for one in serving}) != 1:
            return None
        return max(serving, key=lambda one: one.loaded_at)

    @property
    def certificates(self) -> dict[str, float]:
        """When each certificate ends, by folder; where workers differ, the one that ends first."""
        found: dict[str, float] = {}
        for folder, ends_at in (pair for worker in self.workers.values() for pair in worker.certificates.items()):
            found[folder] = min(ends_at, found.get(folder, ends_at))
        return found

    def why_not_ready(self) -> str:
        """Why no traffic should be sent here, "" when it should."""
        if self.is_draining:
            return "draining"
        if len(self.workers) < self.size:
            return f"{self.size - len(self.workers)} of {self.size} workers are starting"
        lacking = self.size - len(self.serving)
        if lacking:
            return f"{lacking} of {self.size} workers have no snapshot"
        bare = [worker for worker in self.workers.values() if self._needs_certificate and not worker.certificates]
        return f"{len(bare)} of {self.size} workers have no certificate" if bare else ""
