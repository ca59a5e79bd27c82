"""What reads heads: compiled code where it is installed, which leaves what is not usual to the functions in Python.

Both read all bytes alike; `tests/property/test_speedups.py` holds them against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from postern_dataplane import speedups
from postern_dataplane.request.field_layout import LAYOUTS
from postern_dataplane.settings import RESPONSE_HEAD_BYTES_MAX

from . import date, plain_head, response_head
from .message import PlainHead
from .response import CHUNKED, LENGTH, UNTIL_CLOSE, Response


def _date() -> bytes:
    """What the function in Python would write, looked up each time, as tests replace it."""
    return date.http_date()


def compiled_plain_heads(heads: ModuleType) -> Callable[..., PlainHead | None]:
    """`read_plain_head`, compiled, with the rules of the one in Python."""
    read: Callable[..., PlainHead | None] = heads.PlainHeads(
        match=plain_head.LINE.match,
        methods=plain_head.METHODS,
        layouts=LAYOUTS,
        kept_alive=plain_head.KEEP_ALIVE,
        parser=HttpRequestParser,
        errors=(HttpParserError, HttpParserUpgrade),
        make=PlainHead,
    ).read
    return read


def compiled_responses(heads: ModuleType) -> Callable[..., Response]:
    """`read_response`, compiled, with the rules of the one in Python, which reads what is not usual."""
    read: Callable[..., Response] = heads.Responses(
        otherwise=response_head.read_response,
        make=Response,
        date=_date,
        keep_alive_s=response_head.keep_alive_s,
        framings=(LENGTH, CHUNKED, UNTIL_CLOSE),
        read_here=response_head.READ_HERE,
        options=response_head.USUAL_OPTIONS,
        fields_max=response_head.FIELDS_MAX,
        bytes_max=RESPONSE_HEAD_BYTES_MAX,
    ).read
    return read


read_plain_head, read_response = plain_head.read_plain_head, response_head.read_response
if speedups.HEADS is not None:
    read_plain_head = compiled_plain_heads(speedups.HEADS)
    read_response = compiled_responses(speedups.HEADS)
