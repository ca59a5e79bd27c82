"""An entrance that only shows the way to another."""

from __future__ import annotations

import pytest

from postern_dataplane.listener import ListenerConfig


@pytest.fixture
def client(port):
    return port.client(ListenerConfig(redirects_to=8443))


def test_the_way_is_shown_without_asking_anybody(port, client):
    """A redirect needs neither a table nor an upstream, and the connection stays open."""
    port.active_table.table = None
    assert b"\r\nLocation: https://app.example.com:8443/a?b\r\n" in client.get("/a?b").take()
    assert [308] == client.get("/a").statuses()
    assert ([(308, "redirected_to_https")] * 2, []) == (port.outcomes(), port.loop.dials)


def test_a_body_that_has_not_come_is_not_waited_for(client):
    """The connection ends, for nobody wants it."""
    client.get("/", "Content-Length: 5", method="POST")
    assert (b"Connection: close" in client.take(), True) == (True, client.transport.said_eof)


def test_what_is_wrong_is_refused(port, client):
    """With its own reason."""
    client.send(b"GET / HTTP/1.0\r\n\r\n")
    assert ([400], [(400, "bad_request")]) == (client.statuses(), port.outcomes())


def test_no_two_entrances_are_one_way_in():
    """What is remembered of requests is told apart by it."""
    entrances = [
        ListenerConfig(),
        ListenerConfig(is_tls=True),
        ListenerConfig(redirects_to=80),
        ListenerConfig(redirects_to=443),
    ]
    peers = ("", "192.0.2.1", "2001:db8::1", "fe80::1%eth0")
    names = (None, "a.example.com", "b.example.com")
    ways = [entrance.way_of(peer, name) for entrance in entrances for peer in peers for name in names]
    assert len(ways) == len(set(ways))
