"""Where a request goes before it is known who sends it."""

from __future__ import annotations

import msgspec

from postern_dataplane.rate_limits.limit import KeyedLimits
from postern_dataplane.request.field_layout import Fields
from postern_dataplane.request.target import Target
from postern_dataplane.table.compiled import CompiledRoute

from .extracted_token import ExtractedToken


class RouteMatch(msgspec.Struct, frozen=True, gc=False):
    """Where a request goes, before it is known who sends it; `token` is what was found, `cors` as in `Authorized`.

    `counted` are the limits that do not depend on who sends it; `origin` is that of the request where a challenge is to
    name it, "" elsewhere.
    """

    row: CompiledRoute
    target: Target
    token: ExtractedToken = None
    cors: Fields | None = None
    counted: KeyedLimits = ()
    origin: str = ""
