"""Listeners as settings write them, `NAME=http://HOSTNAME:PORT`, and which of them go together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from .resources.types import HOST_PATTERN
from .snapshot_listeners import Listener, ListenerProtocol

EVERY_HOST = "*"
FIRST_FREE_PORT = 1024
# What a data-plane pod listens on by itself: for clients, with and without TLS, and for probes.
OWN_PORTS = frozenset({8080, 8443, 9081, 9083})
_SHIFT = 10_000

METAVAR = "NAME=URL"
_WRITTEN = re.compile(
    r"([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)=(https?)://([^/:?]+):([0-9]{1,5})(?:\?redirect=([0-9]{1,5}))?"
)
_PROTOCOLS: dict[str, ListenerProtocol] = {"http": "HTTP", "https": "HTTPS"}


def bind_port_of(port: int) -> int:
    """Where a pod listens for a public port: at the same one, or at one that a container may use and that is free."""
    return port if port >= FIRST_FREE_PORT and port not in OWN_PORTS else port + _SHIFT


def read_listener(text: str, gateway: str, bind_port: Callable[[int], int] = int) -> Listener:
    """The listener of a gateway; raises ValueError for what is none.

    `bind_port` says for a public port which one the process listens on, by default the same.
    """
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise ValueError(
            f"{text!r} is not a listener such as internal=http://*:8081, shop=https://*.shop.example.com:8443 or "
            "old=http://old.example.com:8081?redirect=8443"
        )
    name, _, scheme, hostname, port, redirect = written.groups()
    if hostname != EVERY_HOST and (not re.match(HOST_PATTERN, hostname) or len(hostname) > 253):
        raise ValueError(f"{text!r}: {hostname!r} is neither * nor a host name in lower case, or *. before one")
    if redirect and scheme == "https":
        raise ValueError(f"{text!r}: what comes over HTTPS already can't be sent to it")
    return Listener(
        f"Listener/{gateway}/{name}",
        _PROTOCOLS[scheme],
        number := _port(port, text),
        _port(str(bind_port(number)), text),
        "" if hostname == EVERY_HOST else hostname,
        _port(redirect, text) if redirect else None,
    )


def _port(digits: str, text: str) -> int:
    if not 0 < int(digits) <= 65535:
        raise ValueError(f"{text!r}: {digits} is not a port that can be listened on; they are 1 to 65535")
    return int(digits)


def check_listeners(listeners: Iterable[Listener]) -> None:
    """Raises ValueError for listeners of one gateway that can't be beside each other."""
    names: set[str] = set()
    hosts: dict[tuple[int, str], str] = {}
    ports: dict[int, Listener] = {}
    for listener in listeners:
        if listener.id in names:
            raise ValueError(f"listener {_name(listener)!r} is given twice")
        names.add(listener.id)
        other = ports.setdefault(listener.bind_port, listener)
        if other.port != listener.port:
            raise ValueError(
                f"listeners {_name(other)!r} and {_name(listener)!r}: the process listens on {listener.bind_port} for "
                f"both ports {other.port} and {listener.port}; choose another one"
            )
        if other.protocol != listener.protocol:
            raise ValueError(
                f"listeners {_name(other)!r} and {_name(listener)!r}: port {listener.port} has one protocol"
            )
        place = listener.port, listener.hostname
        if place in hosts:
            raise ValueError(
                f"listeners {hosts[place]!r} and {_name(listener)!r}: both are for "
                f"{listener.hostname or 'every host'} at port {listener.port}"
            )
        hosts[place] = _name(listener)


def _name(listener: Listener) -> str:
    return listener.id.rpartition("/")[2]
