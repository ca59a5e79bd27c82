"""A request's head as either parser returns it."""

from __future__ import annotations

import msgspec
from aiohttp.http import RawRequestMessage

from postern_dataplane.request.field_layout import FieldLayout, Fields, Values


class PlainHead(msgspec.Struct, frozen=True, gc=False):
    """A head after which the connection stays; `layout` is that of its fields, `values` are theirs.

    `content_length` is that of a body which has come whole with it, None where there is none.
    """

    method: str
    path: str
    layout: FieldLayout
    values: Values
    content_length: int | None = None

    @property
    def raw_headers(self) -> Fields:
        return self.layout.headers(self.values)

    @property
    def upgrade(self) -> bool:
        return False

    @property
    def should_close(self) -> bool:
        return False

    @property
    def chunked(self) -> bool:
        return False


Message = RawRequestMessage | PlainHead
