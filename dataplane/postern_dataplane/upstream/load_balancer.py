"""Which address gets the next request: weighted, evenly spread, around those that are dead.

Passive only: an address is taken out when connecting to it fails, for a time
that doubles with each failure, and is tried again after it.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence

from .connection import UpstreamConnection

EJECTED_FIRST_S = 1.0
EJECTED_MAX_S = 30.0
# Idle connections that are kept for each address: as many as busy ones may become idle at once, for to open one costs
# more than a request.
IDLE_MAX = 1024


class Host:
    """One IP address and port, its share of the requests, and its idle connections, the last used at the end.

    `alternatives` are IP addresses of the same place, each of another family.
    `is_listed` says whether the upstream still has it.
    """

    __slots__ = ("_failures", "alternatives", "ejected_until", "host", "idle", "is_listed", "name", "port", "weight")

    def __init__(self, name: str, host: str, port: int, weight: float, alternatives: tuple[str, ...] = ()) -> None:
        self.name = name
        self.host = host
        self.port = port
        self.weight = weight
        self.alternatives = alternatives
        self.idle: list[UpstreamConnection] = []
        self.is_listed = True
        self._failures = 0
        self.ejected_until = 0.0

    def __str__(self) -> str:
        return self.at(self.host)

    def at(self, host: str) -> str:
        """One of its addresses, with the port."""
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def keep(self, connection: UpstreamConnection, now: float) -> None:
        """Keep an idle connection for the next request, or close it: enough are kept, or it could not be used again."""
        if not self.is_listed or connection.idle_until <= now or len(self.idle) >= IDLE_MAX:
            connection.abort()
            return
        self.idle.append(connection)

    def forget(self, connection: UpstreamConnection) -> None:
        """Drop a connection that is lost, if it was kept."""
        if connection in self.idle:
            self.idle.remove(connection)

    def drop(self) -> None:
        """The upstream has it no longer: idle connections end, busy ones are not kept."""
        self.is_listed = False
        while self.idle:
            self.idle.pop().abort()

    def is_live(self, now: float) -> bool:
        """Whether it may get requests, as far as is known."""
        return now >= self.ejected_until

    def failed(self, now: float) -> None:
        """A connection could not be made: let it rest."""
        self._failures += 1
        rest_s: float = min(EJECTED_FIRST_S * 2 ** min(self._failures - 1, 10), EJECTED_MAX_S)
        self.ejected_until = now + rest_s

    def succeeded(self) -> None:
        """A connection was made: all is forgotten."""
        self._failures = 0
        self.ejected_until = 0.0


class EdfScheduler:
    """Addresses in turn, each as often as its weight says, by earliest deadline.

    A request costs the logarithm of the number of addresses, so that an upstream of hundreds is no dearer than one
    of three.
    """

    def __init__(self, addresses: Sequence[Host]) -> None:
        self.addresses = addresses
        # When each is due next: the heavier, the sooner again. The number keeps the order among equals.
        self._due = [(1 / address.weight, number, address) for number, address in enumerate(addresses)]
        heapq.heapify(self._due)

    def next(self, now: float, tried: Collection[Host] = ()) -> Host | None:
        """The address whose turn it is; None when there is none at all.

        Dead addresses are passed over, and so are those tried already, unless
        there are no others: when all seem dead, trying is better than refusing.
        """
        due = self._due
        if not due:
            return None
        at, number, address = due[0]
        if not tried and now >= address.ejected_until:  # nearly always
            if len(due) > 1:  # a single one has all turns
                heapq.heapreplace(due, (at + 1 / address.weight, number, address))
            return address
        turn = self._take(now, tried)
        if turn is None and tried:
            turn = self._take(float("inf"), tried)
        return turn or self._take(float("inf"), ()) or self.addresses[0]

    def _take(self, now: float, tried: Collection[Host]) -> Host | None:
        due = self._due
        passed: list[tuple[float, int, Host]] = []
        found = None
        while due and found is None:
            at, number, address = due[0]
            if address.is_live(now) and address not in tried:
                found = address
                heapq.heapreplace(due, (at + 1 / address.weight, number, address))
                # A host that was passed over continues from here: it doesn't get all that it missed at once.
                passed = [(max(at, missed), other, it) for missed, other, it in passed]
            else:
                passed.append(heapq.heappop(due))
        for entry in passed:
            heapq.heappush(due, entry)
        return found
