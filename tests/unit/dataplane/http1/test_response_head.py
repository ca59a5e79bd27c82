"""A response head, checked and rewritten."""

from __future__ import annotations

import pytest

from postern_dataplane.http1 import date, response_head
from postern_dataplane.http1.head_readers import read_response
from postern_dataplane.http1.response import BadResponse, Framing
from postern_dataplane.http1.response_head import FIELDS_MAX, has_no_body, informational
from postern_dataplane.settings import RESPONSE_HEAD_BYTES_MAX
from processor_time import LeastTime

LENGTH = (b"Content-Length", b"5")
CHUNKED = (b"Transfer-Encoding", b"chunked")


def read(*fields, status=200, method="GET", http_minor=1, closes=False):
    return read_response(status, b"OK", list(fields), method=method, http_minor=http_minor, closes=closes)


def names(found):
    return [line.partition(b":")[0].decode() for line in found.head.split(b"\r\n")[1:-2]]


@pytest.fixture(autouse=True)
def _date(monkeypatch):
    """The date is a matter of its own."""
    monkeypatch.setattr(date, "http_date", lambda: b"now")


@pytest.mark.parametrize(
    ("fields", "asked", "upstream", "client"),
    [
        ([LENGTH], {}, Framing.LENGTH, Framing.LENGTH),
        ([LENGTH, LENGTH], {}, Framing.LENGTH, Framing.LENGTH),
        ([CHUNKED], {}, Framing.CHUNKED, Framing.CHUNKED),
        ([(b"transfer-encoding", b"Chunked")], {}, Framing.CHUNKED, Framing.CHUNKED),
        ([], {}, Framing.UNTIL_CLOSE, Framing.CHUNKED),
        ([LENGTH], {"http_minor": 0}, Framing.LENGTH, Framing.LENGTH),
        ([CHUNKED], {"http_minor": 0}, Framing.CHUNKED, Framing.UNTIL_CLOSE),
        ([], {"http_minor": 0}, Framing.UNTIL_CLOSE, Framing.UNTIL_CLOSE),
        ([LENGTH], {"method": "HEAD"}, Framing.NONE, Framing.NONE),
        ([CHUNKED], {"method": "HEAD"}, Framing.NONE, Framing.NONE),
        ([], {"method": "HEAD"}, Framing.NONE, Framing.NONE),
        ([LENGTH], {"status": 204}, Framing.NONE, Framing.NONE),
        ([LENGTH], {"status": 304}, Framing.NONE, Framing.NONE),
        ([CHUNKED], {"status": 304}, Framing.NONE, Framing.NONE),
    ],
)
def test_a_body_is_framed_as_each_side_knows(fields, asked, upstream, client):
    """RFC 9112, section 6.3; what has an end that the client can't be told in a field becomes chunked."""
    found = read(*fields, **asked)
    assert (upstream, client) == (found.upstream, found.client)


@pytest.mark.parametrize(
    "fields",
    [
        [LENGTH, CHUNKED],
        [CHUNKED, LENGTH],
        [LENGTH, (b"Content-Length", b"6")],
        [(b"Content-Length", b"5, 5")],
        [(b"Content-Length", b"")],
        [(b"Content-Length", b"+5")],
        [(b"Content-Length", b"-5")],
        [(b"Content-Length", b" 5")],
        [(b"Content-Length", b"5x")],
        [CHUNKED, CHUNKED],
        [(b"Transfer-Encoding", b"gzip")],
        [(b"Transfer-Encoding", b"gzip, chunked")],
        [(b"Transfer-Encoding", b"")],
        [(b"X-A", b"a\r\nX-B: b")],
        [(b"X-A", b"a\nb")],
        [(b"X-A", b"a\rb")],
        [(b"X-\r\nA", b"a")],
        [(b"Date", b"a\nb")],
    ],
)
def test_what_has_no_single_reading_is_bad(fields):
    """An ambiguous response is bad, also without a body, for a cache may keep it for other requests."""
    with pytest.raises(BadResponse):
        read(*fields)
    with pytest.raises(BadResponse):
        read(*fields, method="HEAD")


def test_a_line_end_in_the_phrase_is_bad():
    """It would begin a field."""
    with pytest.raises(BadResponse):
        read_response(200, b"O\nK", [], method="GET", http_minor=1, closes=False)


def test_other_fields_go_on_as_they_came():
    """In their order and case, and as often."""
    found = read((b"Set-Cookie", b"a"), (b"x-A", b"\xe9"), (b"Set-Cookie", b"b"), LENGTH)
    expected = (
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nx-A: \xe9\r\nSet-Cookie: b\r\nContent-Length: 5\r\nDate: now\r\n\r\n"
    )
    assert expected == found.head


@pytest.mark.parametrize("name", sorted(response_head.HOP_BY_HOP - {b"transfer-encoding"}))
def test_what_is_between_neighbours_ends_here(name):
    """In any case."""
    assert ["A", "Content-Length", "Date"] == names(read((name.title(), b"x"), (b"A", b"a"), LENGTH))


@pytest.mark.parametrize("value", [b"a-b, c", b"A-B,C", b"close, c , a-b", b",,a-b,\tC"])
def test_what_connection_names_ends_here(value):
    """RFC 9110, section 7.6.1."""
    found = read((b"A-b", b"1"), (b"C", b"2"), (b"D", b"3"), (b"Connection", value), LENGTH)
    assert ["D", "Content-Length", "Date"] == names(found)


def test_a_date_that_connection_names_is_made_anew():
    """A response has a date."""
    found = read((b"Date", b"then"), (b"Connection", b"date"), LENGTH)
    assert b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: now\r\n\r\n" == found.head


def test_connection_can_not_take_the_length_away():
    """It says how the body ends."""
    assert b"Content-Length: 5" in read((b"Connection", b"content-length"), LENGTH).head


def test_a_date_stays():
    """It is the origin's."""
    assert b"HTTP/1.1 200 OK\r\ndate: then\r\nContent-Length: 5\r\n\r\n" == read((b"date", b"then"), LENGTH).head


def test_a_length_is_told_once():
    """However often it came."""
    assert ["Content-Length", "Date"] == names(read(LENGTH, LENGTH))


@pytest.mark.parametrize(
    ("status", "method", "is_told"), [(200, "HEAD", True), (304, "GET", True), (204, "GET", False)]
)
def test_the_length_of_no_body(status, method, is_told):
    """RFC 9110, section 8.6: of what would have come; MUST NOT be sent in a response of status 204."""
    assert is_told == (b"Content-Length: 5" in read(LENGTH, status=status, method=method).head)


@pytest.mark.parametrize(
    ("fields", "asked", "connection", "closes"),
    [
        ([LENGTH], {}, None, False),
        ([LENGTH], {"closes": True}, b"close", True),
        ([LENGTH], {"http_minor": 0}, b"keep-alive", False),
        ([LENGTH], {"http_minor": 0, "closes": True}, b"close", True),
        ([CHUNKED], {"http_minor": 0}, b"close", True),
        ([CHUNKED], {}, None, False),
        ([LENGTH, (b"Connection", b"close")], {}, None, False),
    ],
)
def test_a_client_is_told_whether_it_may_go_on(fields, asked, connection, closes):
    """HTTP/1.0 wants to be told when it may, 1.1 when not; the upstream's own connection is not its affair."""
    found = read(*fields, **asked)
    said = [line[12:] for line in found.head.split(b"\r\n") if line.startswith(b"Connection: ")]
    assert ([connection] if connection else [], closes) == (said, found.closes)


@pytest.mark.parametrize(
    ("method", "status", "expected"),
    [("GET", 200, False), ("HEAD", 200, True), ("GET", 204, True), ("GET", 304, True), ("GET", 100, True)],
)
def test_some_responses_never_have_a_body(method, status, expected):
    """Whatever their fields say."""
    assert expected == has_no_body(method, status)


def test_an_informational_head_goes_on():
    """Without what is between neighbours, and without a length."""
    found = informational(103, b"Early Hints", [(b"Link", b"a"), (b"Connection", b"x"), (b"Content-Length", b"1")])
    assert b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" == found


def test_a_switch_of_protocols_names_the_new_one():
    """Which are the two fields that it is about."""
    found = informational(101, b"Go", [(b"Upgrade", b"websocket"), (b"Sec-WebSocket-Accept", b"a")])
    assert b"HTTP/1.1 101 Go\r\nSec-WebSocket-Accept: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" == found


def test_a_line_end_in_an_informational_head_is_bad():
    """As in every other."""
    with pytest.raises(BadResponse):
        informational(103, b"", [(b"Link", b"a\nb")])


@pytest.mark.parametrize(
    "fields", [[(b"a", b"b")] * (FIELDS_MAX + 1), [(b"a", b"b" * RESPONSE_HEAD_BYTES_MAX)]], ids=["number", "size"]
)
@pytest.mark.parametrize("status", [200, 103])
def test_fields_have_bounds(fields, status):
    """In number, as each costs time, and in size."""
    with pytest.raises(BadResponse):
        read(*fields) if status == 200 else informational(status, b"OK", fields)


def test_a_long_list_of_hop_by_hop_fields_costs_little():
    """An upstream that names 100,000 options in Connection holds the event loop for a moment only."""
    options = b",".join(b"o%d" % number for number in range(30_000))
    fields = [(b"Connection", options), LENGTH, *((b"x%d" % number, b"") for number in range(FIELDS_MAX - 2))]
    times = LeastTime()
    for _ in range(5):
        times.measure(lambda: read(*fields))
    assert 0.02 > times.seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"timeout=5", 5),
        (b"timeout=5, max=100", 5),
        (b"max=100,Timeout = 7", 7),
        (b'timeout="3"', 3),
        (b"timeout=0", 0),
        (b"max=100", None),
        (b"xtimeout=5", None),
        (b"timeout=", None),
        (b"timeout=-1", None),
    ],
)
def test_the_keep_alive_time_of_an_upstream_is_read(value, seconds):
    """`Keep-Alive: timeout=` says how long it keeps the connection, and ends here."""
    found = read((b"Content-Length", b"0"), (b"Keep-Alive", value))
    assert (seconds, False) == (found.keep_alive_s, b"keep-alive" in found.head.lower())


@pytest.mark.parametrize("status", [101, 103])
def test_an_informational_head_ends_what_is_of_one_connection(status):
    """Fields that Connection names end here as in a final response, and what the gateway writes goes on."""
    fields = [(b"Connection", b"Upgrade, X-Inner"), (b"X-Inner", b"1"), (b"X-Outer", b"1"), (b"x-a", b"1")]
    written = ((b"X-Inner", b"ours"),)
    lines = informational(status, b"", fields, written).split(b"\r\n")[1:-2]
    assert [b"X-Outer: 1", b"x-a: 1", b"X-Inner: ours"] == lines[:3]
