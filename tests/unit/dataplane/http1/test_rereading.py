"""A packet that is read by itself, by a parser that has seen nothing else."""

from __future__ import annotations

import pytest

from heads import bearer, head, packet_of
from postern_dataplane.http1.rereading import Rereading
from postern_dataplane.settings import Limits

GET = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.fixture
def rereading(loop):
    return Rereading(Limits(), loop)


def test_a_packet_is_read_as_what_came_the_same_way(rereading):
    """The peer and the entrance are those of the other head."""
    asked = head("/a", bearer("t1"), peer="192.0.2.7", is_tls=True)
    assert asked == rereading.read(packet_of(asked), asked)
    assert asked == rereading.read(b"\r\n" + packet_of(asked), asked)


def test_whether_a_request_is_the_last_is_read_too(rereading):
    """A request that ends its connection has another head than one that doesn't."""
    last, between = (
        rereading.read(GET.replace(b"h\r\n", line), head()) for line in (b"h\r\nConnection: close\r\n", b"h\r\n")
    )
    old = rereading.read(GET.replace(b"1.1", b"1.0"), head())
    assert (True, False, True) == (last.closes, between.closes, old.closes)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(GET[:-1], id="a part"),
        pytest.param(GET + b"G", id="a part of another"),
        pytest.param(GET + GET, id="two"),
        pytest.param(GET + b"\r\n", id="a blank line behind it"),
        pytest.param(GET.replace(b"GET", b"G ET"), id="nonsense"),
        pytest.param(GET.replace(b"/a", b"/" + b"a" * 9000), id="too long a line"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na", id="a body"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="no chunks"),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", id="an upgrade"
        ),
        pytest.param(b"GET / HTTP/1.1\r\nHost: h\r\nExpect: much\r\n\r\n", id="an expectation"),
    ],
)
def test_what_is_not_one_request_has_no_reading(rereading, content):
    """Bytes that are not one request, or one for another protocol, have no second reading."""
    assert rereading.read(content, head()) is None
