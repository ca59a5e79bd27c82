"""Requests with random damage: whatever comes, the gateway answers with what it has, or refuses, and stays itself.

The damage is the same in each run; a case that fails can be run again by its number.
"""

from __future__ import annotations

import random

import pytest

import manifests
import raw
from gateway import DataPlane, open_to
from tokens import encode

ROUNDS = 12
PER_ROUND = 60

SEEDS = [
    raw.request("/a?b=c", "X-A: 1", "Cookie: a=b; jwt=c"),
    raw.request("/a", method="POST", body=b"hello"),
    b"POST /a HTTP/1.1\r\nHost: app.example.com\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    raw.request("/ws", "Connection: Upgrade", "Upgrade: websocket"),
    raw.request("/closed", f"Authorization: Bearer {encode(b'{}')}.{encode(b'{}')}.{encode(b'0')}"),
    b"GET http://app.example.com/a HTTP/1.1\r\nHost: app.example.com\r\nExpect: 100-continue\r\n\r\n",
]
SPLICES = [
    b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b",", b";", b"%", b"%2f", b"/../", b"#", b"\xff",
    b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: b\r\n", b"\r\n ", b"0\r\n\r\n", b"chunked, ",
    b"GET /smuggled HTTP/1.1\r\nHost: app.example.com\r\n\r\n",
]  # fmt: skip


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream):
    """A gateway with an open route and a protected one, which waits for no rest of a request."""
    closed = manifests.route("closed", paths=[{"type": "Prefix", "value": "/closed"}], auth={"jwt": {}})
    people = [manifests.consumer(), manifests.credential(), manifests.secret()]
    served = [*open_to(module_upstream.address, timeouts={"idle": "200ms"}), closed, *people]
    return start_gateway(served, "--header-timeout", "200ms", kind=DataPlane)


def damaged(chance):
    """A request, changed in one or two places."""
    content = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 2)):
        at = chance.randrange(len(content) + 1)
        match chance.randrange(4):
            case 0:
                content[at:at] = chance.choice(SPLICES)
            case 1:
                del content[at : at + chance.randint(1, 4)]
            case 2:
                content[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                content[at:at] = content[at : at + chance.randint(1, 20)]
    return bytes(content)


def statuses_of(gateway, content):
    """The statuses of all answers, to the request and to one behind it that is the last in any case."""
    said = raw.everything(gateway.listen, content + raw.request("/", "Connection: close"))
    return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_damage_never_gets_further_than_a_refusal(number, gateway, upstream):
    """No answer is of the 5xx, and the upstream gets no request that isn't answered, or given up (408)."""
    chance = random.Random(number)
    workers = gateway.workers()
    for _ in range(PER_ROUND):
        content = damaged(chance)
        upstream.forget()
        statuses = statuses_of(gateway, content)
        assert [] == [status for status in statuses if status >= 500], content
        assert 0 <= len(upstream.requests) - statuses.count(200) <= statuses.count(408), content
    assert 200 == raw.ask(gateway.listen, raw.request("/")).status
    assert workers == gateway.workers()
