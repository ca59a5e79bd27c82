"""Requests out of a connection's bytes, however these are cut, and one at a time."""

from __future__ import annotations

import asyncio
from http import HTTPMethod
from types import SimpleNamespace

import pytest

from postern_core.lints.route import METHODS
from postern_dataplane.http1.request_head import RequestError
from postern_dataplane.http1.request_parser import make_parser
from postern_dataplane.http1.request_reader import CUT_BYTES_MAX, CUTS_MAX, RequestReader
from postern_dataplane.request.denials import BAD_REQUEST
from postern_dataplane.settings import Limits

GET = b"GET /get HTTP/1.1\r\nHost: h\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
POST = b"POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"PUT /put HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: x\r\n\r\n"
)
UPGRADE = b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"


@pytest.fixture
def make():
    """Makes readers with these limits."""
    loop = asyncio.new_event_loop()
    yield lambda **limits: RequestReader(Limits(**limits), loop)
    loop.close()


def read_all(reader, pieces):
    """Target and body of every request in these pieces, each ended as soon as it is complete."""
    found = []
    for piece in pieces:
        message = reader.feed(piece)
        while message is not None:
            found.append([message.path, b""])
            found[-1][1] += reader.take_body()
            message = reader.next() if reader.is_complete else None
        if found and reader._reading:
            found[-1][1] += reader.take_body()
            if reader.is_complete:
                message = reader.next()
                while message is not None:
                    found.append([message.path, reader.take_body()])
                    message = reader.next() if reader.is_complete else None
    return [tuple(one) for one in found]


@pytest.mark.parametrize(
    ("data", "path", "body"),
    [(GET, "/get", b""), (POST, "/post", b"hello"), (CHUNKED, "/put", b"hello")],
    ids=["none", "length", "chunked"],
)
def test_a_request_may_be_cut_anywhere(make, data, path, body):
    """At every byte, and into single bytes."""
    for cut in range(1, len(data)):
        assert [(path, body)] == read_all(make(), [data[:cut], data[cut:]])
    assert [(path, body)] == read_all(make(), [bytes([byte]) for byte in data])


def test_requests_of_a_pipeline_may_be_cut_anywhere(make):
    """What belongs to which is never mistaken."""
    data = POST + GET + CHUNKED + GET + POST
    expected = [("/post", b"hello"), ("/get", b""), ("/put", b"hello"), ("/get", b""), ("/post", b"hello")]
    for cut in range(1, len(data)):
        assert expected == read_all(make(), [data[:cut], data[cut:]])
    assert expected == read_all(make(), [data])


def test_a_second_request_waits(make):
    """A second request waits for the first, also when it comes later and in parts."""
    reader = make()
    assert "/get" == reader.feed(GET).path
    assert (None, None) == (reader.feed(POST[:10]), reader.feed(POST[10:]))
    assert len(POST) == reader.backlog
    assert ("/post", 0) == (reader.next().path, reader.backlog)


def test_a_second_request_waits_behind_a_body(make):
    """The bytes after the body are the next request's."""
    reader = make()
    reader.feed(POST[:-2])
    assert not reader.is_complete
    assert reader.feed(POST[-2:] + GET) is None
    assert (True, b"hello") == (reader.is_complete, reader.take_body())
    assert "/get" == reader.next().path


def test_three_packets_of_requests_keep_their_order(make):
    """Those in the parser come before those that came after."""
    reader = make()
    reader.feed(GET + POST)
    reader.feed(CHUNKED)
    reader.feed(GET)
    assert "/post" == reader.next().path
    assert b"hello" == reader.take_body()
    assert "/put" == reader.next().path
    assert b"hello" == reader.take_body()
    assert ("/get", None) == (reader.next().path, reader.next())


def test_nothing_follows_nothing(make):
    """There is no next request where nothing has come."""
    reader = make()
    reader.feed(GET)
    assert (None, False, b"") == (reader.next(), reader.is_in_head, reader.take_body())


def test_a_head_that_has_begun_is_known(make):
    """It has a time-out, unlike an idle connection."""
    reader = make()
    reader.feed(GET)
    reader.feed(GET[:12])
    assert reader.next() is None
    assert reader.is_in_head
    assert "/get" == reader.feed(GET[12:]).path
    assert not reader.is_in_head


def test_what_waits_may_be_bad(make):
    """It is found out when its turn comes."""
    reader = make()
    reader.feed(GET)
    reader.feed(b"nonsense\r\n\r\n")
    with pytest.raises(RequestError, match="bad_request"):
        reader.next()


@pytest.mark.parametrize("cut", [len(UPGRADE), len(UPGRADE) + 3, len(UPGRADE) + 6])
def test_what_follows_an_upgrade_is_not_read_as_http(make, cut):
    """Whether it came with the head or after it."""
    data = UPGRADE + b"frames"
    reader = make()
    assert reader.feed(data[:cut]).upgrade
    reader.feed(data[cut:])
    assert b"frames" == reader.upgrade()


def test_a_line_feed_before_a_request_is_passed_over(make):
    """RFC 9112, section 2.2: a server SHOULD ignore at least one empty line received prior to the request-line."""
    assert "/get" == make().feed(b"\r\n" + GET).path


@pytest.mark.parametrize("size", [1, 100])
def test_a_head_has_a_size_at_most(make, size):
    """However it is cut, and whether or not a line ever ends."""
    reader = make(max_headers_bytes=1000, max_request_line_bytes=100, max_header_line_bytes=500)
    reader.feed(b"GET / HTTP/1.1\r\nHost: h\r\n")
    line = b"A: " + b"b" * (size - 1) + b"\r\n"
    lines = (reader.feed(line) for _ in range(2000))
    with pytest.raises(RequestError, match="headers_too_large"):
        list(lines)


def test_a_body_has_no_size(make):
    """Only heads are counted."""
    reader = make(max_headers_bytes=10)
    reader.feed(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(10):
        assert reader.feed(b"x" * 10_000) is None
        assert 10_000 == len(reader.take_body())
    assert reader.is_complete


@pytest.mark.parametrize(("line", "field"), [(100, 100), (100, 500), (500, 100)])
def test_the_two_limits_of_a_line_are_told_apart(make, line, field):
    """The limits of request line and field are distinguished, also when they are equal."""
    limits = {"max_request_line_bytes": line, "max_header_line_bytes": field}
    with pytest.raises(RequestError, match="uri_too_long"):
        make(**limits).feed(b"GET /" + b"a" * (line + 10) + b" HTTP/1.1\r\n")
    with pytest.raises(RequestError, match="headers_too_large"):
        make(**limits).feed(b"GET / HTTP/1.1\r\nA: " + b"a" * field + b"\r\n")


def test_whatever_the_parser_raises_is_the_client_s_fault(make):
    """Every error of the parser is a bad request, and none of its words is kept."""

    class Fails:
        def feed_data(self, data):
            raise ValueError(data)

    reader = make()
    reader._parser = Fails()
    with pytest.raises(RequestError, match=r"^bad_request$") as caught:
        reader.feed(b"secret")
    assert (None, True) == (caught.value.__cause__, caught.value.__suppress_context__)


CHUNKS = b"PUT /put HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"\r\n\r\n" * (CUTS_MAX - 2), False, id="few blank lines"),
        pytest.param(b"\r\n\r\n" * CUTS_MAX, True, id="many blank lines"),
        pytest.param(b"x" * CUT_BYTES_MAX, True, id="large"),
    ],
)
def test_nothing_is_read_behind_chunks_whose_end_was_not_found(make, content, expected):
    """A packet of blank lines must not be work without end; what ends with the packet has nothing behind it."""
    chunks = b"%x\r\n%b\r\n0\r\nT: x\r\n\r\n" % (len(content), content)
    for behind, is_spent in ((b"", False), (GET, expected)):
        reader = make()
        reader.feed(CHUNKS)
        reader.feed(chunks + behind)
        assert (is_spent, True, content) == (reader.is_spent, reader.is_complete, reader.take_body())
        assert is_spent or (reader.next() is None) == (not behind)


def test_a_parser_that_gives_two_requests_at_once_is_not_believed(make):
    """It is made so that it does not."""

    class GivesTwo:
        def feed_data(self, _):
            return [(None, None), (None, None)], False, b""

    reader = make()
    reader._parser = GivesTwo()
    with pytest.raises(RequestError, match="bad_request"):
        reader.feed(LAST)


def test_a_head_that_the_parser_finds_whole_before_its_blank_line_is_refused(make):
    """A head that others would read on has no single reading, whatever the parser makes of it."""
    reader = make()
    whole = make_parser(Limits(), reader._loop).feed_data(LAST)
    reader._parser = SimpleNamespace(feed_data=lambda _data: whole)
    with pytest.raises(RequestError) as refused:
        reader.feed(LAST)
    assert BAD_REQUEST is refused.value.denial


def test_plain_heads_need_no_parser_of_bodies(make):
    """A connection that only brings plain heads has no parser of aiohttp's, which would be most of its memory."""
    reader = make()
    assert [(b"/get", b"")] * 2 == [(path.encode(), body) for path, body in read_all(reader, [GET, GET])]
    assert reader._parser is None
    reader.feed(LAST)
    assert reader._parser is not None


ODD_LINES = [
    b"GET  /x HTTP/1.1", b"GET /x  HTTP/1.1", b"GET /x HTTP/1.1 ", b" GET /x HTTP/1.1", b"GET\t/x HTTP/1.1",
    b"GET /x\x0bHTTP/1.1", b"GET /x y HTTP/1.1", b"GET /x RTSP/1.0", b"SOURCE /x ICE/1.0", b"GET /x http/1.1",
    b"GET /x", b"\r\n\r\nGET /x HTTP/1.1", b"\nGET /x HTTP/1.1", b"\rGET /x HTTP/1.1", b"\r\r\nGET /x HTTP/1.1",
    b"\r\n\nGET /x HTTP/1.1", b"\r\n GET /x HTTP/1.1", b"\r\n \r\nGET /x HTTP/1.1",
]  # fmt: skip


@pytest.mark.parametrize("before", [b"", GET, POST, CHUNKED], ids=["first", "get", "post", "chunks"])
@pytest.mark.parametrize("line", ODD_LINES)
def test_a_request_line_has_one_reading(make, line, before):
    """`GET  /x` with two spaces and blank lines before a request line are refused, however they are cut."""
    odd = line + b"\r\nHost: h\r\n\r\n"
    cuts = [[before + odd], [before, odd], *([before, odd[:cut], odd[cut:]] for cut in range(1, len(odd)))]
    cuts += [[(before + odd)[:cut], (before + odd)[cut:]] for cut in range(1, len(before))]
    for pieces in cuts:
        with pytest.raises(RequestError) as refused:
            read_all(make(), [piece for piece in pieces if piece])
        assert 400 == refused.value.denial.status


@pytest.mark.parametrize("before", [b"", GET, POST, CHUNKED], ids=["first", "get", "post", "chunks"])
def test_one_empty_line_before_a_request_is_ignored(make, before):
    """RFC 9112, section 2.2, asks for it: clients of old send one behind a body."""
    odd = b"\r\n" + GET
    cuts = [[before + odd], [before, odd], *([before, odd[:cut], odd[cut:]] for cut in range(1, len(odd)))]
    cuts += [[(before + odd)[:cut], (before + odd)[cut:]] for cut in range(1, len(before))]
    for pieces in cuts:
        assert "/get" == read_all(make(), [piece for piece in pieces if piece])[-1][0]


def test_a_request_line_of_spaces_is_refused_at_once(make):
    """It is not kept until the limit of all heads."""
    reader = make()
    reader.feed(b"GET ")
    with pytest.raises(RequestError):
        reader.feed(b" " * 100)


OTHERS = ["FOO", "get", "CHECKIN", "LABEL", "UPDATE", "VERSION-CONTROL", "PRI", "DESCRIBE", "PLAY", "X"]


@pytest.mark.parametrize("method", sorted(METHODS | {*HTTPMethod, *OTHERS} - {"CONNECT"}))
def test_the_methods_that_are_read_are_those_that_no_lint_warns_of(make, method):
    """A Route with another method would match nothing, so `methods: [FOO]` is warned about; TRACE is refused later."""
    try:
        is_read = make().feed(f"{method} / HTTP/1.1\r\nHost: h\r\n\r\n".encode()) is not None
    except RequestError:
        is_read = False
    assert is_read is (method in METHODS or method == "TRACE")
