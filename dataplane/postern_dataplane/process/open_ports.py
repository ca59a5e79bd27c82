"""The listening sockets of the ports that a snapshot's listeners ask for: one for each worker that asks.

The supervisor opens and keeps them, so that connections wait in their queues while a worker is replaced.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable

from postern_dataplane.errors import ListenError
from postern_dataplane.sockets import open_one_more
from postern_kit.addresses import Address
from postern_kit.logs import log

from .port_channel import PortSender


class OpenPorts:
    """The sockets by slot and port; `failures` says of each port that can't be opened why."""

    def __init__(self, host: str, slots: int) -> None:
        self._host = host
        self._sockets: list[dict[int, socket.socket]] = [{} for _ in range(slots)]
        self._wanted: list[frozenset[int]] = [frozenset()] * slots
        self.failures: dict[int, str] = {}

    @property
    def states(self) -> dict[int, str]:
        """Every port that a worker asks for: why it can't be opened, "" where it is open."""
        return {port: self.failures.get(port, "") for port in sorted(frozenset().union(*self._wanted))}

    def want(self, slot: int, ports: Iterable[int], sender: PortSender) -> None:
        """Open and close what makes these the ports of a slot; raises `ChannelError`."""
        self._wanted[slot] = frozenset(ports)
        self.follow(slot, sender)

    def follow(self, slot: int, sender: PortSender) -> None:
        """Try once more to open what a slot lacks; raises `ChannelError`."""
        held, wanted = self._sockets[slot], self._wanted[slot]
        closed = sorted(held.keys() - wanted)
        for port in closed:
            held.pop(port).close()
        opened = {port: listener for port in sorted(wanted - held.keys()) if (listener := self._open(port))}
        held.update(opened)
        self.failures = {port: why for port, why in self.failures.items() if port in self.states}
        if opened or closed:
            log.info("ports changed", slot=slot, opened=list(opened), closed=closed)
            sender.send(opened, closed)

    def hand_over(self, slot: int, sender: PortSender) -> None:
        """Give a worker that has just been started what its slot has; raises `ChannelError`."""
        sender.send(self._sockets[slot])

    def close(self) -> None:
        """Listen no more."""
        for held in self._sockets:
            for listener in held.values():
                listener.close()
            held.clear()

    def _open(self, port: int) -> socket.socket | None:
        is_first = not any(port in held for held in self._sockets)
        try:
            listener = open_one_more(Address(self._host, port), is_first=is_first)
        except ListenError as error:
            if self.failures.get(port) != str(error):
                self.failures[port] = str(error)
                log.error("port can't be opened", port=port, error=str(error))
            return None
        self.failures.pop(port, None)
        return listener
