"""Where a console listens, and when it ends."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import threading
import urllib.request

import pytest

from postern_console import access
from postern_console.folder_objects import FolderObjects
from postern_console.server import loopback_sockets, serve


def test_a_console_listens_on_loopback_only():
    """Both families have one port, and no other address is bound."""
    sockets = loopback_sockets()
    names = [one.getsockname()[:2] for one in sockets]
    for one in sockets:
        one.close()
    assert {"127.0.0.1"} <= {host for host, _ in names} <= {"127.0.0.1", "::1"}
    assert 1 == len({port for _, port in names})


@pytest.fixture
def second_fails(monkeypatch):
    """Makes the sockets of IPv6 fail so many times."""
    create = socket.create_server

    def fail(number, times):
        left = [times]

        def limited(address, **options):
            if options and left[0]:
                left[0] -= 1
                raise OSError(number, "no")
            return create(address, **options)

        monkeypatch.setattr(socket, "create_server", limited)

    return fail


def test_a_machine_without_ipv6_has_a_console(second_fails):
    """127.0.0.1 is enough."""
    second_fails(errno.EADDRNOTAVAIL, 100)
    (only,) = loopback_sockets()
    with only:
        assert "127.0.0.1" == only.getsockname()[0]


def test_a_port_that_is_half_taken_is_left(second_fails):
    """Another program's socket of the other family must not answer for the console."""
    second_fails(errno.EADDRINUSE, 2)
    for one in loopback_sockets():
        one.close()


def test_ports_that_are_all_half_taken_are_an_error(second_fails):
    """The search for one ends."""
    second_fails(errno.EADDRINUSE, 100)
    with pytest.raises(OSError, match="no"):
        loopback_sockets()


async def test_a_console_whose_link_nobody_opens_ends(protected, monkeypatch):
    """After its minute the link is worth nothing, and so is the console."""
    monkeypatch.setattr(access, "LINK_S", 0.05)
    assert "the link was not opened in a minute" == await serve(FolderObjects((protected.path,)), lambda _: None)


async def test_a_console_that_is_idle_ends(protected, monkeypatch):
    """A page that was left open does not keep it running."""

    def opened(link):
        threading.Thread(target=lambda: urllib.request.urlopen(link).close(), daemon=True).start()

    # Long enough for the link to be opened in.
    monkeypatch.setattr(access, "LINK_S", 10)
    assert "no request for 0.005 minutes" == await serve(FolderObjects((protected.path,)), opened, idle_s=0.3)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_stops_a_console(protected, number):
    """Ctrl-C ends it at once, and so does a terminal that closes: what a gateway of it has in files is removed."""
    before = signal.getsignal(signal.SIGHUP)
    # Unhandled it would end the tests, or with nohup be no signal.
    signal.signal(signal.SIGHUP, lambda *_: None)
    try:
        async with asyncio.timeout(5):
            assert "stopped" == await serve(FolderObjects((protected.path,)), lambda _: os.kill(os.getpid(), number))
    finally:
        signal.signal(signal.SIGHUP, before)
