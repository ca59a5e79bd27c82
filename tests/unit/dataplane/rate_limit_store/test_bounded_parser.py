"""How much of an answer is read, from a stream that has all of it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from redis._parsers import Encoder
from redis.exceptions import InvalidResponse

from postern_dataplane.rate_limit_store.bounded_parser import ANSWER_BYTES_MAX, BoundedParser


def parser_of(sent):
    """A parser, and the stream that it reads."""
    stream = asyncio.StreamReader()
    stream.feed_data(sent)
    stream.feed_eof()
    parser = BoundedParser(65536)
    parser.on_connect(SimpleNamespace(_reader=stream, encoder=Encoder("utf-8", "strict", False)))
    return parser, stream


async def test_the_longest_answer_of_a_batch_is_read():
    """Answers follow each other, and each has the whole bound."""
    sent = b"*250\r\n" + b":-9223372036854775808\r\n" * 250
    parser, _ = parser_of(sent * 10)
    assert [[-(2**63)] * 250] * 10 == [await parser.read_response() for _ in range(10)]


@pytest.mark.parametrize(
    "sent",
    [
        b"$4000000000\r\n" + b"x" * 1_000_000,
        b"*1000000000\r\n" + b":1\r\n" * 250_000,
        b"*3\r\n" + b"$10000\r\n%b\r\n" % (b"x" * 10_000) * 100,
    ],
)
async def test_a_longer_answer_is_refused_before_it_is_read(sent):
    """No text, no list and no list of texts takes memory beyond the bound."""
    parser, stream = parser_of(sent)
    with pytest.raises(InvalidResponse, match="too long"):
        await parser.read_response()
    assert len(sent) - len(await stream.read()) <= ANSWER_BYTES_MAX + 64
