"""What goes into the decision about a request, and what comes out of it.

Values only.  How a decision is reached belongs in `decide`; how its bytes
travel belongs in `gateway` and `upstream`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from postern_dataplane.request.denials import Denial
    from postern_dataplane.table.compiled import CompiledRoute, Upstream


class Forward(msgspec.Struct, frozen=True, gc=False):
    """The request may pass.

    `head` is the complete request head for the upstream, its blank line
    included; the body follows it framed as `RequestHead` says (chunked stays
    chunked, a Content-Length stays that length).
    `consumer` names who calls ("" where nobody is known) and is for the log only.
    `until` is how long the same head gets the same decision of the same table
    (seconds since the epoch): until its token ends.  `has_token` says that a token
    was verified for it, or found in the cache.
    """

    upstream: Upstream
    route: CompiledRoute
    head: bytes
    consumer: str = ""
    until: float = math.inf
    has_token: bool = False


class Reject(msgspec.Struct, frozen=True, gc=False):
    """The request may not pass; `denial` says what to answer and why.

    `route` is None when no route was found.  `until` and `has_token` are those of
    `Forward`; `until` is 0 where time may heal what is wrong.
    """

    denial: Denial
    route: CompiledRoute | None = None
    until: float = math.inf
    has_token: bool = False


Decision = Forward | Reject
