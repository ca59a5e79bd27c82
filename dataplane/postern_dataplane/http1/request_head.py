"""The head of a request for the decision, and what the parser lets pass and a gateway must not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp.http import RawRequestMessage

from postern_dataplane.request.denials import BAD_REQUEST, EXPECTATION_FAILED, HEADERS_TOO_LARGE, URI_TOO_LONG, Denial
from postern_dataplane.request.field_layout import Fields, taken_apart
from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.tls_session import TlsSession
from postern_dataplane.settings import Limits

from .message import Message, PlainHead

if TYPE_CHECKING:
    from postern_dataplane.listener import ListenerConfig


# Fields that are read element by element, what separates these, and how many there may be: some five times the cookies
# that browsers keep for a site, and more options than any client names.
_LISTS = {b"cookie": (b";", 1_000), b"connection": (b",", 100)}
# With fewer bytes in all, even separators alone cost little.
_FEW_BYTES = 2_048


class RequestError(Exception):
    """What came is not a request that can be answered but with this refusal."""

    def __init__(self, denial: Denial) -> None:
        super().__init__(denial.reason)
        self.denial = denial


def request_head(
    message: Message,
    limits: Limits,
    peer: str,
    listener: ListenerConfig,
    tls: TlsSession | None = None,
    *,
    is_small: bool = False,
) -> RequestHead:
    """The head for the decision; raises `RequestError` for what the parser lets pass and we don't.

    `is_small` says that no part of it can be too large.
    """
    port = None if listener.opened is None else listener.opened.port
    if isinstance(message, PlainHead):
        return RequestHead(
            message.method, message.path, 1, message.layout, message.values, peer, message.content_length,
            is_tls=listener.is_tls, tls=tls, port=port,
        )  # fmt: skip
    content_length = _checked_length(message, limits, is_small=is_small)
    layout, values = taken_apart(message.raw_headers)
    return RequestHead(
        method=message.method,
        target=message.path,
        http_minor=message.version.minor,
        layout=layout,
        field_values=values,
        peer=peer,
        content_length=content_length,
        chunked=message.chunked,
        is_websocket=message.upgrade and _is_websocket(message, has_body=message.chunked or bool(content_length)),
        is_tls=listener.is_tls,
        tls=tls,
        port=port,
        # After an upgrade that the upstream refuses, the parser can't tell where the next request begins.
        closes=message.should_close or message.upgrade,
    )


def _checked_length(message: RawRequestMessage, limits: Limits, *, is_small: bool) -> int | None:
    """The Content-Length of a head in which there is nothing that the parser lets pass and we don't."""
    version, fields = message.version, message.headers
    if version.major != 1 or version.minor not in (0, 1):
        raise RequestError(BAD_REQUEST)
    content_length = _content_length(fields.get("Content-Length"))
    if "Transfer-Encoding" in fields:
        _check_codings(fields.getall("Transfer-Encoding"), version.minor)
    if "Expect" in fields:
        _check_expectations(fields.getall("Expect"))
    if not is_small:
        _check_sizes(message, limits)
    if len(message.path) + len(message.method) > limits.max_request_line_bytes:
        raise RequestError(URI_TOO_LONG)
    return content_length


def _content_length(field: str | None) -> int | None:
    return None if field is None else int(field)


def _is_websocket(message: RawRequestMessage, *, has_body: bool) -> bool:
    # RFC 6455, section 4.1: the method MUST be GET, and the version at least 1.1; a body would come before the frames.
    return (
        message.headers.get("Upgrade", "").lower() == "websocket"
        and message.method == "GET"
        and message.version.minor == 1
        and not has_body
    )


def _check_sizes(message: RawRequestMessage, limits: Limits) -> None:
    # The parser bounds names and values, but not always both together.
    sizes = [len(name) + len(value) for name, value in message.raw_headers]
    size = sum(sizes) + 4 * len(sizes)
    if size > limits.max_headers_bytes or max(sizes, default=0) > limits.max_header_line_bytes:
        raise RequestError(HEADERS_TOO_LARGE)
    if size > _FEW_BYTES:
        _check_lists(message.raw_headers)


def _check_lists(fields: Fields) -> None:
    left = {name: count for name, (_, count) in _LISTS.items()}
    for name, value in fields:
        lowered = name.lower()
        if lowered in _LISTS:
            left[lowered] -= value.count(_LISTS[lowered][0])
    if min(left.values()) < 0:
        raise RequestError(HEADERS_TOO_LARGE)


def _check_expectations(values: list[str]) -> None:
    if any(value.lower() != "100-continue" for value in values):
        raise RequestError(EXPECTATION_FAILED)


def _check_codings(values: list[str], minor: int) -> None:
    # RFC 9112, section 6.1: a server that receives a Transfer-Encoding in an HTTP/1.0 message MUST treat its framing
    # as faulty. Other codings than chunked would reach the upstream unannounced.
    if minor == 0 or any(value.lower() != "chunked" for value in values):
        raise RequestError(BAD_REQUEST)
