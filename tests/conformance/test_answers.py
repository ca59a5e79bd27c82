"""What an upstream answers is what the client gets: nothing followed, kept, unpacked or made up; nonsense is 502."""

from __future__ import annotations

import gzip

import pytest

import raw
from gateway import Local
from secure_gateway import SecureDataPlane
from upstream_behaviours import Gate, echo, says

OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture(scope="module", params=[Local, SecureDataPlane], ids=["plain", "TLS"])
def kind(request):
    return request.param


def test_head_has_a_length_and_no_body(gateway, upstream):
    """The length is that of what GET would bring, and the connection stays."""
    upstream.on("/h", says("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"))
    with raw.Client(gateway.listen) as client:
        answer = client.ask(raw.request("/h", method="HEAD"), method="HEAD")
        assert (200, "1000") == (answer.status, answer.value("Content-Length"))
        assert 200 == client.ask(raw.request("/after")).status
    assert upstream.requests[0].connection == upstream.requests[1].connection


def test_head_of_chunks_has_no_body(gateway, upstream):
    """Announced chunks that don't come are not waited for."""
    upstream.on("/h", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
    with raw.Client(gateway.listen) as client:
        assert 200 == client.ask(raw.request("/h", method="HEAD"), method="HEAD").status
        assert 200 == client.ask(raw.request("/after")).status


def test_a_refused_head_has_no_body(gateway):
    """A refusal of the gateway's own keeps to that too, and the connection stays."""
    with raw.Client(gateway.listen) as client:
        answer = client.ask(raw.request("/", method="HEAD", host="nobody.example.com"), method="HEAD")
        assert 404 == answer.status
        assert 200 == client.ask(raw.request("/after")).status


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("204 No Content\r\n", id="204"),
        pytest.param("304 Not Modified\r\nContent-Length: 1000\r\nETag: a\r\n", id="304 with a length"),
        pytest.param("304 Not Modified\r\n", id="304"),
    ],
)
def test_an_answer_without_a_body_ends_at_its_head(head, gateway, upstream):
    """Nothing is waited for, whatever its fields say, and both connections stay."""
    upstream.on("/n", says(f"HTTP/1.1 {head}\r\n"))
    with raw.Client(gateway.listen) as client:
        answer = client.ask(raw.request("/n"))
        assert int(head[:3]) == answer.status
        assert answer.value("Transfer-Encoding") is None
        assert 200 == client.ask(raw.request("/after")).status
    assert upstream.requests[0].connection == upstream.requests[1].connection


def test_interim_answers_come_first(gateway, upstream):
    """Each 1xx is passed on, then the final one."""
    upstream.on("/i", says("HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" * 2, OK))
    with raw.Client(gateway.listen) as client:
        client.send(raw.request("/i"))
        answers = [client.answer() for _ in range(3)]
    assert [103, 103, 200] == [answer.status for answer in answers]
    assert ("</a>; rel=preload", b"ok") == (answers[0].value("Link"), answers[2].body)


def test_a_client_of_http_1_0_gets_no_interim_answers(gateway, upstream):
    """RFC 9110, section 15.2: a server must not send them to one."""
    upstream.on("/i", says("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", OK))
    said = raw.everything(gateway.listen, "GET /i HTTP/1.0\r\nHost: app.example.com\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert said.endswith(b"\r\n\r\nok")


def test_an_interim_answer_has_no_body(gateway, upstream):
    """RFC 9112, section 6.3: what an upstream says that it has is no answer that the client could take for one."""
    upstream.on("/i", says(f"HTTP/1.1 104 Upload\r\nContent-Length: {len(OK)}\r\n\r\n", OK, OK))
    with raw.Client(gateway.listen) as client:
        client.send(raw.request("/i"))
        assert [104, 502] == [client.answer().status for _ in range(2)]
        upstream.on("/after", says(OK))
        assert b"ok" == client.ask(raw.request("/after")).body


def test_redirects_are_the_client_s(gateway, upstream):
    """A Location is passed on and not followed."""
    upstream.on("/r", says("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"))
    answer = raw.ask(gateway.listen, raw.request("/r"))
    assert (302, "/elsewhere") == (answer.status, answer.value("Location"))
    assert 1 == len(upstream.requests)


def test_cookies_are_the_client_s(gateway, upstream):
    """Set-Cookie lines go through one by one, and nobody else's request gets such a cookie."""
    upstream.on(
        "/c", says("HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n")
    )
    answer = raw.ask(gateway.listen, raw.request("/c"))
    assert ["a=1; Path=/", "b=2"] == answer.values("Set-Cookie")
    assert 200 == raw.ask(gateway.listen, raw.request("/after")).status
    assert "cookie" not in upstream.requests[1].fields


def test_packed_content_stays_packed(gateway, upstream):
    """A gzip body goes through byte for byte, and no encoding is asked for that the client didn't."""
    packed = gzip.compress(b"hello" * 100)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    upstream.on("/z", says(head.encode() + packed))
    answer = raw.ask(gateway.listen, raw.request("/z"))
    assert ("gzip", packed) == (answer.value("Content-Encoding"), answer.body)
    assert "accept-encoding" not in upstream.requests[0].fields


def test_fields_go_through_but_for_those_of_the_connection(gateway, upstream):
    """Hop-by-hop fields, and those that Connection names, end here; all others keep order and bytes."""
    kept = ["X-B: 1", "x-a: \xe9", "X-B: 2", "Server: theirs", "Date: Tue, 01 Jan 2030 00:00:00 GMT"]
    hops = ["Connection: keep-alive, X-Secret", "Keep-Alive: timeout=5", "X-Secret: 1", "Proxy-Authenticate: Basic"]
    lines = "".join(f"{line}\r\n" for line in [*kept, *hops])
    upstream.on("/f", says(f"HTTP/1.1 200 OK\r\n{lines}Content-Length: 2\r\n\r\nok"))
    answer = raw.ask(gateway.listen, raw.request("/f"))
    assert [*kept, "Content-Length: 2"] == [f"{name}: {value}" for name, value in answer.fields]


def test_an_unusual_status_goes_through(gateway, upstream):
    """Status and phrase are the application's."""
    upstream.on("/s", says("HTTP/1.1 299 Quite all right\r\nContent-Length: 0\r\n\r\n"))
    assert raw.ask(gateway.listen, raw.request("/s")).head.startswith(b"HTTP/1.1 299 Quite all right\r\n")


def test_one_connection_serves_many_requests(gateway, upstream):
    """Both sides keep their connection."""
    with raw.Client(gateway.listen) as client:
        assert [200] * 20 == [client.ask(raw.request(f"/{number}")).status for number in range(20)]
    assert 1 == len({seen.connection for seen in upstream.requests})


def test_pipelined_requests_are_answered_in_order(gateway, upstream):
    """The second is not sent on before the first is answered."""
    gate = Gate()
    upstream.on("/slow", gate)
    upstream.on("/fast", echo)
    with raw.Client(gateway.listen) as client:
        client.send(raw.request("/slow") + raw.request("/fast") + raw.request("/fast", method="POST", body=b"hello"))
        upstream.until_requests(1)
        assert ["/slow"] == [seen.target for seen in upstream.requests]
        gate.open()
        assert b'{"ok":true}' == client.answer().body
        assert b"GET /fast HTTP/1.1\n" == client.answer().body
        assert b"POST /fast HTTP/1.1\nhello" == client.answer().body


def test_a_client_that_wants_to_close_gets_its_way(gateway, upstream):
    """Connection: close ends the client's connection and not the upstream's."""
    said = raw.everything(gateway.listen, raw.request("/a", "Connection: close"))
    assert b"\r\nConnection: close\r\n" in said
    assert 200 == raw.ask(gateway.listen, raw.request("/b")).status
    assert upstream.requests[0].connection == upstream.requests[1].connection


def test_a_client_of_http_1_0_may_stay(gateway, upstream):
    """It says so, and is told so."""
    content = "GET /a HTTP/1.0\r\nHost: app.example.com\r\nConnection: keep-alive\r\n\r\n"
    with raw.Client(gateway.listen) as client:
        assert ["keep-alive", "keep-alive"] == [client.ask(content).value("Connection") for _ in range(2)]


def test_an_upstream_that_wants_to_close_gets_its_way(gateway, upstream):
    """The client's connection stays, and the next request goes over another."""
    upstream.on("/last", says("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"))
    with raw.Client(gateway.listen) as client:
        assert [200, 200] == [client.ask(raw.request(target)).status for target in ("/last", "/after")]
    assert upstream.requests[0].connection != upstream.requests[1].connection


def test_an_upstream_of_http_1_0_is_understood(gateway, upstream):
    """Its answer ends with the connection, and the client's doesn't."""
    upstream.on("/old", says("HTTP/1.0 200 OK\r\n\r\nhello", closes=True))
    with raw.Client(gateway.listen) as client:
        answer = client.ask(raw.request("/old"))
        assert (b"HTTP/1.1 200 OK", b"hello", True) == (answer.head[:15], answer.body, answer.is_whole)
        assert 200 == client.ask(raw.request("/after")).status


def test_what_follows_an_answer_is_nobody_s(gateway, upstream):
    """Bytes beyond the end of an answer never become another client's, and their connection is not used again."""
    upstream.on("/x", says(OK + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"))
    with raw.Client(gateway.listen) as client:
        assert b"ok" == client.ask(raw.request("/x")).body
        assert b'{"ok":true}' == client.ask(raw.request("/after")).body
    assert upstream.requests[0].connection != upstream.requests[1].connection


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", "200 OK"), ("GET", "304 Not Modified"), ("GET", "204 No Content")]
)
def test_a_body_where_none_may_be_is_nobody_s(method, status, gateway, upstream):
    """What looks like another answer in it never becomes one."""
    poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
    upstream.on("/x", says(f"HTTP/1.1 {status}\r\nContent-Length: {len(poison)}\r\n\r\n{poison}"))
    with raw.Client(gateway.listen) as client:
        assert int(status[:3]) == client.ask(raw.request("/x", method=method), method=method).status
        assert b'{"ok":true}' == client.ask(raw.request("/after")).body
    assert upstream.requests[0].connection != upstream.requests[1].connection


NONSENSE = {
    "not HTTP": "hello\r\n\r\n",
    "a status that is none": "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
    "a status below all classes": "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
    "a status of 600": "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n",
    "a status of 999": "HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n",
    "a status of four digits": "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "a NUL in the phrase": "HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n",
    "an escape sequence in the phrase": "HTTP/1.1 200 \x1b[1mOK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/0.9": "HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/2.0": "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/3.0": "HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "chunks of HTTP/1.0": "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a switch of HTTP/2.0": "HTTP/2.0 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    "a bad chunk at once": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n",
    "two different lengths": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
    "a length and chunks": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "another coding": "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a negative length": "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "a folded field": "HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\nContent-Length: 0\r\n\r\n",
    "a carriage return in a field": "HTTP/1.1 200 OK\r\nX-A: 1\rX-B: 2\r\nContent-Length: 0\r\n\r\n",
    "a bare line feed": "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "a NUL in a field": "HTTP/1.1 200 OK\r\nX-A: 1\x002\r\nContent-Length: 0\r\n\r\n",
    "a space before the colon": "HTTP/1.1 200 OK\r\nX-A : 1\r\nContent-Length: 0\r\n\r\n",
    "a head without end": "HTTP/1.1 200 OK\r\n" + "X-A: 1\r\n" * 100_000,
    "a switch that nobody asked for": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
}


@pytest.mark.parametrize("content", [pytest.param(it, id=name) for name, it in NONSENSE.items()])
def test_nonsense_is_a_bad_gateway(content, gateway, upstream):
    """The client gets a 502 and keeps its connection, the upstream's is dropped; also for statuses 600 and 999."""
    upstream.on("/n", says(content, closes=True))
    with raw.Client(gateway.listen) as client:
        answer = client.ask(raw.request("/n"))
        assert (502, "Bad gateway") == (answer.status, answer.message)
        assert 200 == client.ask(raw.request("/after")).status
    assert upstream.requests[0].connection != upstream.requests[-1].connection
