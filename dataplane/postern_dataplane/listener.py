"""A listener of the gateway: what holds for every connection that comes in through it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from postern_core.snapshot_listeners import Listener

EVERY_HOST = "*"


class ListenerPort:
    """The listeners of a snapshot that share one port; never changed, so that a request keeps those it came in by."""

    __slots__ = ("_by_hostname", "_only", "bind_port", "forwarded_port", "is_tls", "number")

    def __init__(self, listeners: Iterable[Listener]) -> None:
        """Raises ValueError for listeners that can't share a port."""
        self._by_hostname: dict[str, Listener] = {}
        for listener in listeners:
            if self._by_hostname.setdefault(listener.hostname or EVERY_HOST, listener) is not listener:
                raise ValueError(f"port {listener.bind_port} has two listeners of one hostname")
        places = {(it.bind_port, it.port, it.protocol) for it in self._by_hostname.values()}
        if len(places) != 1:
            raise ValueError("listeners of one port differ in more than their hostnames")
        [(self.bind_port, self.number, protocol)] = places
        # The one for every host, where there is no other to look for.
        self._only = self._by_hostname.get(EVERY_HOST) if len(self._by_hostname) == 1 else None
        self.is_tls = protocol == "HTTPS"
        self.forwarded_port = str(self.number)

    def listener_of(self, host: str) -> Listener | None:
        """The most specific listener that takes a host, None where none does."""
        if self._only is not None:
            return self._only
        found, above = self._by_hostname.get(host), host
        while found is None and "." in above:
            above = above.partition(".")[2]
            found = self._by_hostname.get(f"*.{above}")
        return found or self._by_hostname.get(EVERY_HOST)


def ports_of(listeners: Iterable[Listener]) -> dict[int, ListenerPort]:
    """The listeners by the port that the process listens on; raises ValueError for those that can't share one."""
    by_port: dict[int, list[Listener]] = defaultdict(list)
    for listener in listeners:
        by_port[listener.bind_port].append(listener)
    return {number: ListenerPort(some) for number, some in sorted(by_port.items())}


@dataclass(slots=True, eq=False)
class OpenListener:
    """One opening of a port, which all of its connections share; `number` tells it from the next one.

    `port` are the listeners that the port has now, or had last.  On one that `is_closing`, each connection ends with
    its next response.
    """

    port: ListenerPort
    number: int = 0
    is_closing: bool = False


@dataclass(frozen=True, slots=True)
class ListenerConfig:
    """`redirects_to` is the port with TLS that requests are sent to, None where they are served.

    `opened` is None for a port of the process's settings.
    """

    is_tls: bool = False
    redirects_to: int | None = None
    opened: OpenListener | None = None

    def way_of(self, peer: str, session: str = "") -> str:
        """A text that is the same for all connections of one address at one listener, and one session, and no other."""
        # An address has no spaces; before it are numbers and words of our own.
        number = self.opened.number if self.opened else None
        return f"{self.is_tls} {self.redirects_to} {number} {peer} {session}"
