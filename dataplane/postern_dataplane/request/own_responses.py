"""What an answer of the gateway's own holds where a route does not leave that to the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

import msgspec

from .field_layout import Fields


class Content(NamedTuple):
    """A body, and the fields that describe it."""

    fields: Fields
    body: bytes


def content(media_type: str, body: bytes) -> Content:
    """A body of this type."""
    return Content(((b"Content-Type", media_type.encode()), (b"Content-Length", b"%d" % len(body))), body)


class OwnResponses:
    """The bodies of a route, or of a place where no route takes a request, by status; all others are one form's."""

    __slots__ = ("_by_status", "_is_problem_details")

    def __init__(self, by_status: Mapping[int, Content], *, is_problem_details: bool) -> None:
        self._by_status = by_status
        self._is_problem_details = is_problem_details

    def content_of(self, status: int, message: str) -> Content | None:
        """What an answer with this status and message holds; None for what it would hold anywhere."""
        own = self._by_status.get(status)
        # RFC 9457 is about errors, which a redirect is not.
        if own is None and self._is_problem_details and message and status >= 400:
            return problem_details(status, message)
        return own


# There are a dozen messages, and none holds what came with a request.
@lru_cache(maxsize=64)
def problem_details(status: int, message: str) -> Content:
    """A problem document by RFC 9457."""
    # Section 4.2.1: with "about:blank" the title is the phrase of the status.
    title = HTTPStatus(status).phrase
    document = {"type": "about:blank", "title": title, "status": status, "detail": message}
    return content("application/problem+json", msgspec.json.encode(document))
