"""Reads a packet by itself, by a parser that has seen nothing else: the proof that its bytes alone have a reading."""

from __future__ import annotations

import asyncio

from postern_dataplane.listener import ListenerConfig, OpenListener
from postern_dataplane.request.head import RequestHead
from postern_dataplane.settings import Limits

from .request_head import RequestError, request_head
from .request_reader import RequestReader


class Rereading:
    """Reads packets by themselves, each by a parser of its own."""

    __slots__ = ("_limits", "_loop")

    def __init__(self, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        self._limits = limits
        self._loop = loop

    def read(self, content: bytes, like: RequestHead) -> RequestHead | None:
        """The head that these bytes are, had they come the way that another head came.

        None unless they are all of one request without a body, and ask for no other protocol.
        """
        reader = RequestReader(self._limits, self._loop)
        try:
            message = reader.feed(content)
            if message is None or not reader.is_clean or message.upgrade:
                return None
            listener = ListenerConfig(like.is_tls, opened=None if like.port is None else OpenListener(like.port))
            head = request_head(message, self._limits, like.peer, listener, like.tls)
        except RequestError:
            return None
        return None if head.has_body else head
