"""An entrance that only shows the way to another."""

from __future__ import annotations

import pytest

from postern_core.snapshot_listeners import Listener
from postern_dataplane.listener import ListenerConfig, ListenerPort, OpenListener, ports_of

PORT = ListenerPort([Listener("a", "HTTP", 80, 10080)])


@pytest.fixture
def client(port):
    return port.client(ListenerConfig(redirects_to=8443))


def test_the_way_is_shown_without_asking_anybody(port, client):
    """A redirect needs neither a table nor an upstream, and the connection stays open."""
    port.active_table.table = None
    assert b"\r\nLocation: https://app.example.com:8443/a?b\r\n" in client.get("/a?b").take()
    assert [308] == client.get("/a").statuses()
    assert ([(308, "redirected_to_https")] * 2, []) == (port.outcomes(), port.loop.dials)


def test_a_challenge_of_acme_is_no_request_to_redirect(port, client):
    """It is decided like any other request, which here has no table yet."""
    port.active_table.table = None
    assert [503] == client.get("/.well-known/acme-challenge/abc").statuses()
    assert [(503, "not_ready")] == port.outcomes()


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
        *(ListenerConfig(opened=OpenListener(PORT, number)) for number in (1, 2)),
    ]
    peers = ("", "192.0.2.1", "2001:db8::1", "fe80::1%eth0")
    names = (None, "a.example.com", "b.example.com")
    ways = [entrance.way_of(peer, name) for entrance in entrances for peer in peers for name in names]
    assert len(ways) == len(set(ways))


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("a.example.com", "exact"),
        ("b.example.com", "wild"),
        ("c.b.example.com", "wild"),
        ("example.com", None),
        ("a.example.com.org", None),
        ("", None),
    ],
)
def test_the_most_specific_listener_takes_a_host(host, name):
    """A wildcard takes one label or more, and not what it stands below."""
    port = ListenerPort(
        [Listener("wild", "HTTP", 80, 80, "*.example.com"), Listener("exact", "HTTP", 80, 80, "a.example.com")]
    )
    found = port.listener_of(host)
    assert name == (None if found is None else found.id)


def test_listeners_are_put_together_by_port():
    """By the one that the process listens on."""
    ports = ports_of(
        [Listener("a", "HTTPS", 443, 10443), Listener("b", "HTTP", 81, 81), Listener("c", "HTTP", 81, 81, "x")]
    )
    assert {81: (81, False), 10443: (443, True)} == {number: (it.number, it.is_tls) for number, it in ports.items()}


@pytest.mark.parametrize(
    "second",
    [
        Listener("b", "HTTP", 80, 10080),
        Listener("b", "HTTPS", 80, 10080, "x"),
        Listener("b", "HTTP", 81, 10080, "x"),
    ],
)
def test_listeners_that_can_not_share_a_port_make_no_table(second):
    """The snapshot is refused that has them, and the one before it stays."""
    with pytest.raises(ValueError, match="port"):
        ports_of([Listener("a", "HTTP", 80, 10080), second])


def test_connections_of_a_closing_listener_end_with_the_next_response(port):
    """Those of other listeners go on."""
    opened = OpenListener(PORT, 1)
    client = port.client(ListenerConfig(redirects_to=8443, opened=opened))
    other = port.client(ListenerConfig(redirects_to=8443))
    assert [308] == client.get("/").statuses()
    opened.is_closing = True
    assert b"Connection: close" in client.get("/").take()
    assert [308] == other.get("/").statuses()
    assert (True, False) == (client.transport.said_eof, other.transport.said_eof)
