"""Opens the sockets that the data plane listens on, or says clearly why it can't."""

from __future__ import annotations

import contextlib
import errno
import socket
from dataclasses import dataclass
from typing import Any

from postern_kit.addresses import Address

from .errors import ListenError

# Connections that wait to be accepted, for instance while a worker is replaced.  The kernel lowers it to its own limit.
BACKLOG = 4096


@dataclass(frozen=True, slots=True)
class Listeners:
    """The sockets that one worker listens on; `tls` is None where the gateway has no port with TLS."""

    plain: socket.socket
    tls: socket.socket | None = None

    @property
    def all(self) -> tuple[socket.socket, ...]:
        return (self.plain,) if self.tls is None else (self.plain, self.tls)

    def close(self) -> None:
        for listener in self.all:
            listener.close()


def open_listeners(plain: Address, tls: Address | None, count: int) -> list[Listeners]:
    """Listen for so many workers; raises `ListenError`, and then listens on nothing."""
    with contextlib.ExitStack() as opened:
        plains = open_shared_listeners(plain, count)
        for listener in plains:
            opened.enter_context(listener)
        secured = open_shared_listeners(tls, count) if tls is not None else [None] * count
        opened.pop_all()
    return [Listeners(*pair) for pair in zip(plains, secured, strict=True)]


def open_listener(address: Address) -> socket.socket:
    """Listen on an address alone; raises `ListenError` when it is already in use."""
    return _listen(address, _resolve(address), is_shared=False)


def open_shared_listeners(address: Address, count: int) -> list[socket.socket]:
    """Listen on an address with several sockets, among which the kernel spreads the connections (SO_REUSEPORT).

    Such a socket would also quietly join those of another process, so one
    without the option tries the address first.  Port 0 becomes one free port for all.
    """
    resolved = _resolve(address)
    with _listen(address, resolved, is_shared=False) as probe:
        resolved = (resolved[0], probe.getsockname())
    with contextlib.ExitStack() as opened:
        listeners = [opened.enter_context(_listen(address, resolved, is_shared=True)) for _ in range(count)]
        opened.pop_all()
    return listeners


def open_one_more(address: Address, *, is_first: bool) -> socket.socket:
    """Listen on an address with one more socket, beside those of this process unless it `is_first`.

    Raises `ListenError`, for the first one also where another process listens there.
    """
    try:
        resolved = _resolve(address)
        if is_first:
            _listen(address, resolved, is_shared=False).close()
        return _listen(address, resolved, is_shared=True)
    except OSError as error:  # no more open files
        raise ListenError(f"{_in_words(error)}: {address}") from error


def address_of(listener: socket.socket) -> Address:
    """Where a socket listens in fact: the port is a number even where 0 was asked for."""
    host, port = listener.getsockname()[:2]
    return Address(host, port)


def _resolve(address: Address) -> tuple[socket.AddressFamily, Any]:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ListenError(f"no address of this machine is known by that name: {address}") from error
    family, _, _, _, where = found[0]
    return family, where


def _listen(address: Address, resolved: tuple[socket.AddressFamily, Any], *, is_shared: bool) -> socket.socket:
    family, where = resolved
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Connections of an earlier run that still linger must not keep the address taken.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(where)
        listener.listen(BACKLOG)
        listener.setblocking(False)  # noqa: FBT003 # the socket's own signature
    except OSError as error:
        listener.close()
        raise ListenError(f"{_in_words(error)}: {address}") from error
    return listener


def _in_words(error: OSError) -> str:
    words = {
        errno.EADDRINUSE: "address already in use",
        errno.EADDRNOTAVAIL: "not an address of this machine",
        errno.EACCES: "listening there needs more rights (ports below 1024 are privileged)",
    }
    return words.get(error.errno or 0, f"can't listen ({error.strerror})")
