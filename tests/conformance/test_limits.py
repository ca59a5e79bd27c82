"""What is too large, too many or too slow gets its 4xx, and costs little; afterwards the gateway answers as before."""

from __future__ import annotations

import json
import select
import threading
import time

import pytest

import manifests
import raw
from gateway import DataPlane, open_to
from tokens import encode

MIB = 2**20
# What a hostile request may cost at most: processor time on average, and memory that is never given back.
CPU_S = 0.05
ROOM = 8 * MIB
TIMES = 20

SLOW_S = 0.05


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream):
    """A gateway that has little patience, with an open route, a protected one and one by a nasty pattern."""
    nasty = manifests.route("nasty", paths=[{"type": "Regex", "value": "/(a+)+b(c*)*d"}], methods=["PUT"])
    closed = manifests.route("closed", paths=[{"type": "Prefix", "value": "/closed"}], auth={"jwt": {}})
    credentials = [manifests.consumer(), manifests.credential(), manifests.secret()]
    served = [*open_to(module_upstream.address), nasty, closed, *credentials]
    return start_gateway(served, "--header-timeout", "500ms", "--idle-timeout", "500ms", kind=DataPlane)


def still_answers(gateway):
    return raw.ask(gateway.listen, raw.request("/")).status == 200


def refused(gateway, content):
    """Ask; gives the status of the one answer, after which the connection has ended."""
    said = raw.everything(gateway.listen, content)
    assert 1 == said.count(b"HTTP/1.1 "), said[:2000]
    assert b"\r\nConnection: close\r\n" in said
    assert still_answers(gateway)
    return int(said[9:12])


@pytest.mark.parametrize("framing", ["Content-Length: 500000000", "Transfer-Encoding: chunked"])
def test_an_expectation_without_a_token_is_refused_at_once(framing, gateway, upstream):
    """`Expect: 100-continue` without a token: the 401 does not wait for the body, and no 100 asks for it."""
    request = f"POST /closed HTTP/1.1\r\nHost: app.example.com\r\nExpect: 100-continue\r\n{framing}\r\n\r\n"
    with raw.Client(gateway.listen) as client:
        client.send(request)
        answer = client.answer()
        assert (401, "close", b"") == (answer.status, answer.value("Connection"), client.rest())
    assert not upstream.requests


@pytest.mark.parametrize("end", [" HTTP/1.1\r\nHost: app.example.com\r\n\r\n", ""], ids=["whole", "without an end"])
@pytest.mark.parametrize("size", [9_000, 100_000, MIB])
def test_a_request_line_has_a_bound(size, end, gateway):
    """414, also for one that never ends."""
    assert 414 == refused(gateway, f"GET /{'a' * size}{end}")


def test_a_request_line_of_8000_bytes_is_taken(gateway, upstream):
    """RFC 9112, section 3, recommends to take at least so much."""
    target = "/" + "a" * 7_980
    assert 200 == raw.ask(gateway.listen, raw.request(target)).status
    assert [target] == [seen.target for seen in upstream.requests]


@pytest.mark.parametrize("size", [17_000, 100_000, MIB])
@pytest.mark.parametrize("line", ["X-A: {}\r\n\r\n", "X-A: {}", "X-{}: a\r\n\r\n", "X-{}"])
def test_a_header_line_has_a_bound(size, line, gateway):
    """431, for a long value as for a long name, also for one that never ends."""
    assert 431 == refused(gateway, "GET / HTTP/1.1\r\nHost: app.example.com\r\n" + line.format("a" * size))


def test_a_header_line_of_16000_bytes_is_taken(gateway, upstream):
    """Tokens over 8 KB are real."""
    assert 200 == raw.ask(gateway.listen, raw.request("/", "X-A: " + "a" * 16_000)).status
    assert 16_000 == len(upstream.requests[0].fields["x-a"])


@pytest.mark.parametrize(("lines", "status"), [(99, 200), (100, 431), (5_000, 431)])
def test_header_lines_are_counted(lines, status, gateway):
    """A hundred are taken, Host among them."""
    answer = raw.ask(gateway.listen, raw.request("/", *(f"X-{number}: a" for number in range(lines))))
    assert status == answer.status
    assert still_answers(gateway)


@pytest.mark.parametrize(("lines", "status"), [(4, 200), (5, 431), (70, 431)])
def test_header_lines_are_added_up(lines, status, gateway):
    """64 KB are taken."""
    answer = raw.ask(gateway.listen, raw.request("/", *(f"X-{number}: {'a' * 15_000}" for number in range(lines))))
    assert status == answer.status
    assert still_answers(gateway)


def test_a_head_that_comes_a_byte_at_a_time_is_refused(gateway):
    """408 when the whole head has not come in time, however busy its sender is."""
    began_s = time.monotonic()
    with raw.Client(gateway.listen) as client:
        for byte in raw.request("/", "X-A: " + "a" * 10_000):
            client.send(bytes([byte]))
            # Until the next byte is due, or the answer is there.
            if select.select([client.socket], [], [], SLOW_S)[0]:
                break
        answer = client.answer()
        assert (408, "close") == (answer.status, answer.value("Connection"))
        assert b"" == client.rest()
    assert time.monotonic() - began_s < 10


def test_a_connection_that_says_nothing_is_closed(gateway):
    """There is nothing to answer."""
    with raw.Client(gateway.listen) as client:
        assert b"" == client.rest()


def test_a_connection_between_requests_is_closed(gateway):
    """After the idle time, without a word."""
    with raw.Client(gateway.listen) as client:
        assert 200 == client.ask(raw.request("/")).status
        assert b"" == client.rest()


def test_a_connection_too_many_is_refused(start_gateway, module_upstream):
    """503 to the one beyond the bound; those before it go on, and when one leaves there is room again."""
    gateway = start_gateway(open_to(module_upstream.address), "--max-connections", "3", kind=DataPlane)
    clients = [raw.Client(gateway.listen) for _ in range(3)]
    assert [200] * 3 == [client.ask(raw.request("/")).status for client in clients]
    with raw.Client(gateway.listen) as one_more:
        answer = one_more.answer()
        assert (503, "Too many connections", b"") == (answer.status, answer.message, one_more.rest())
    assert [200] * 3 == [client.ask(raw.request("/")).status for client in clients]
    clients.pop().close()
    raw.until(lambda: raw.ask(gateway.listen, raw.request("/")).status == 200, "room for one more")
    for client in clients:
        client.close()


def token(header, payload):
    return f"{encode(header.encode())}.{encode(payload.encode())}.{encode(bytes(32))}"


HEADER = '{"alg":"HS256"}'
TOKENS = {
    "deep lists": token(HEADER, '{"key":"alice","a":' + "[" * 5_000 + "]" * 5_000 + "}"),
    "deep lists without an end": token(HEADER, '{"key":"alice","a":' + "[" * 11_000),
    "deep objects": token(HEADER, '{"a":' * 2_000 + "1" + "}" * 2_000),
    "a deep header": token('{"alg":"HS256","a":' + "[" * 5_000 + "]" * 5_000 + "}", "{}"),
    "a number of 10,000 digits": token(HEADER, '{"key":"alice","exp":' + "9" * 10_000 + "}"),
    "a fraction of 10,000 digits": token(HEADER, '{"key":"alice","exp":0.' + "9" * 10_000 + "}"),
    "a number beyond all numbers": token(HEADER, '{"key":"alice","exp":1e99999999}'),
    "many members": token(HEADER, json.dumps({str(number): number for number in range(900)})),
    "many quotes": token(HEADER, '{"key":"' + '\\"' * 5_000),
    "many segments": "." * 16_000,
    "no segment": "a" * 16_000,
    "another alphabet": "é" * 8_000,
}


def cost_of(gateway, content):
    """Ask many times; gives the statuses that came, the processor time of one, and the memory of all."""
    cpu_s, peak_bytes = gateway.cpu_s(), gateway.peak_bytes()
    statuses = {raw.ask(gateway.listen, content).status for _ in range(TIMES)}
    assert still_answers(gateway)
    return statuses, (gateway.cpu_s() - cpu_s) / TIMES < CPU_S, gateway.peak_bytes() - peak_bytes < ROOM


@pytest.mark.parametrize("text", [pytest.param(it, id=name) for name, it in TOKENS.items()])
def test_a_monstrous_token_is_refused_cheaply(text, gateway):
    """401 like any other bad token."""
    assert ({401}, True, True) == cost_of(gateway, raw.request("/closed", f"Authorization: Bearer {text}"))


def test_a_token_nested_100000_deep_is_refused_cheaply(gateway):
    """It doesn't fit into any header line."""
    text = token(HEADER, '{"key":"alice","a":' + "[" * 100_000 + "]" * 100_000 + "}")
    assert ({431}, True, True) == cost_of(gateway, raw.request("/closed", f"Authorization: Bearer {text}"))


@pytest.mark.parametrize(
    ("target", "lines", "status"),
    [
        pytest.param("/closed", ["Cookie: " + "a=b; " * 3_000], 431, id="many cookies"),
        pytest.param("/closed", ["Cookie: " + ";" * 16_000], 431, id="many empty cookies"),
        pytest.param("/closed", ["Cookie: jwt=" + "a" * 16_000], 401, id="a huge cookie"),
        pytest.param("/closed", ["Cookie: " + "jwt=; " * 2_500] * 4, 431, id="many cookies of the token"),
        pytest.param("/closed", ["Cookie: " + "jwt=; " * 1_000], 401, id="cookies up to the bound"),
        pytest.param("/closed?" + "&" * 7_900, [], 401, id="many empty parameters"),
        pytest.param("/closed?" + "%6a%77%74=" + "%" * 7_000, [], 401, id="many bad escapes"),
        pytest.param("/" + "a/../" * 1_500 + "closed", [], 401, id="many dot segments"),
        pytest.param("/" + "%2e%2e/" * 1_100 + "closed", [], 401, id="many encoded dot segments"),
        pytest.param("/" * 7_900 + "closed", [], 401, id="many slashes"),
        pytest.param("/closed", [f"Connection: {'x,' * 8_000}"], 431, id="many connection options"),
        pytest.param("/open", [f"Connection: {'x,' * 8_000}"], 431, id="many connection options of an open route"),
        pytest.param("/open", [f"Connection: x-{number}" for number in range(95)], 200, id="many Connection lines"),
        pytest.param("/" + "a" * 7_900, ["X-Forwarded-For: " + "1.2.3.4, " * 1_700], 200, id="a long chain of proxies"),
    ],
)
def test_a_monstrous_head_is_cheap(target, lines, status, gateway):
    """Whatever fits into the bounds is read in time in proportion."""
    assert ({status}, True, True) == cost_of(gateway, raw.request(target, *lines))


def test_a_nasty_pattern_takes_linear_time(gateway):
    """A tenant's regular expression can't hold up the others."""
    assert ({200}, True, True) == cost_of(gateway, raw.request("/" + "a" * 7_900, method="PUT"))


def test_who_asks_without_listening_is_not_read_for_ever(gateway):
    """Requests without end from a client that takes no answers stay in the client."""
    before, content = gateway.peak_bytes(), raw.request("/nobody", host="nobody.example.com") * 1_000
    sent = 0

    def flood(client):
        nonlocal sent
        try:
            while sent < 256 * MIB:
                client.socket.sendall(content)
                sent += len(content)
        except OSError:
            return

    client = raw.Client(gateway.listen, receive_buffer=4096)
    thread = threading.Thread(target=flood, args=(client,))
    thread.start()
    try:
        assert raw.until_still(lambda: sent) < 256 * MIB
        assert still_answers(gateway)
        assert gateway.peak_bytes() - before < 2 * ROOM
    finally:
        client.abort()
        thread.join()
