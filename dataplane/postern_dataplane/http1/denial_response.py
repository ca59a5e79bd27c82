"""Denials written as HTTP/1.1 responses; what does not change from one response to the next is prepared once."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus

from postern_dataplane.request.denials import Denial
from postern_dataplane.request.field_layout import Fields
from postern_dataplane.request.head import field_lines
from postern_dataplane.request.own_responses import OwnResponses

# Longer ones have the scopes of a protected resource; so many of a thousand take a megabyte and a half.
CHALLENGE_CHARS_MAX = 512


def denial_response(
    denial: Denial,
    date: bytes,
    beside: Fields | None = None,
    responses: OwnResponses | None = None,
    *,
    close: bool,
    bodyless: bool = False,
) -> bytes:
    """The whole response; `date` is an IMF-fixdate, `bodyless` is for HEAD.

    `beside` are fields of one request beside the denial's, `responses` what it holds in place of the usual body.
    """
    # A redirect is one request's own, and so is a document: its response is not worth remembering. A long challenge may
    # be there for each host.
    is_own = denial.location or denial.document or len(denial.challenge) > CHALLENGE_CHARS_MAX
    start, fields = _prepare(denial) if is_own else _prepared(denial)
    body = denial.body
    own = None if responses is None else responses.content_of(denial.status, denial.message)
    if own is not None:
        fields, body = b"\r\n" + field_lines((*own.fields, *denial.beside)), own.body
    end = b"Connection: close\r\n\r\n" if close else b"\r\n"
    if beside:
        end = field_lines(beside) + end
    return b"".join((start, date, fields, end, b"" if bodyless else body))


def _prepare(denial: Denial) -> tuple[bytes, bytes]:
    """What comes before the date, and after it."""
    start = f"HTTP/1.1 {denial.status} {HTTPStatus(denial.status).phrase}\r\nDate: ".encode()
    return start, b"\r\n" + field_lines(denial.fields)


# A denial has some twenty reasons, and a challenge for each realm.
_prepared = lru_cache(maxsize=1024)(_prepare)
