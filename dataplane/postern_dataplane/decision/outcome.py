"""What comes out of the decision about a request.

Values only.  How a decision is reached belongs in `decide`; how it is written
belongs in `http1`, how its bytes travel in `server` and `upstream`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, final

import msgspec

if TYPE_CHECKING:
    from postern_dataplane.rate_limits.limit import KeyedLimits
    from postern_dataplane.request.denials import Denial
    from postern_dataplane.request.field_layout import Fields
    from postern_dataplane.request.head import UpstreamHead
    from postern_dataplane.request.own_responses import OwnResponses
    from postern_dataplane.table.compiled import CompiledRoute
    from postern_dataplane.table.identity_headers import Identity
    from postern_dataplane.table.upstream import Upstream


@final
class Authorized(msgspec.Struct, frozen=True, gc=False):
    """The request may pass: where to, and who calls, None where the route asks for no token.

    `until` is how long the same head gets the same decision of the same table
    (seconds since the epoch): until its token ends.  `has_token` says that a token
    was verified for it, or found in the cache.  `cors` are the fields with which
    every answer to it allows a page of another origin to read it, None where that
    is left to the application.  `counted` are the limits that it meets each time.
    """

    upstream: Upstream
    route: CompiledRoute
    identity: Identity | None = None
    until: float = math.inf
    has_token: bool = False
    cors: Fields | None = None
    counted: KeyedLimits = ()

    @property
    def consumer(self) -> str:
        """Who calls, for the log only; "" where that is not known."""
        return self.identity.consumer if self.identity is not None else ""

    @property
    def responses(self) -> OwnResponses | None:
        """What the gateway's own answers to it hold in place of the usual body, None for that."""
        return self.route.responses


class Forward(msgspec.Struct, frozen=True, gc=False):
    """The request passes, with this head.

    Of a split route it is the head for the first row; `further_heads` are those for the others, None of any other.
    """

    authorized: Authorized
    head: UpstreamHead
    further_heads: tuple[UpstreamHead, ...] | None = None

    @property
    def upstream(self) -> Upstream:
        return self.authorized.upstream

    @property
    def route(self) -> CompiledRoute:
        return self.authorized.route

    @property
    def consumer(self) -> str:
        return self.authorized.consumer

    @property
    def until(self) -> float:
        return self.authorized.until

    @property
    def cors(self) -> Fields | None:
        return self.authorized.cors


class Reject(msgspec.Struct, frozen=True, gc=False):
    """The request may not pass; `denial` is the answer and its reason.

    `route` is None when no route was found, and `unrouted` has the responses of the
    place then.  `until`, `has_token`, `cors` and `counted` are those of `Authorized`;
    `until` is 0 where time may heal what is wrong.  `limits` are fields that say when to come back.
    `identity` is for the log: who is refused, None where that is not known.
    """

    denial: Denial
    route: CompiledRoute | None = None
    until: float = math.inf
    has_token: bool = False
    cors: Fields | None = None
    unrouted: OwnResponses | None = None
    counted: KeyedLimits = ()
    limits: Fields = ()
    identity: Identity | None = None

    @property
    def responses(self) -> OwnResponses | None:
        """As in `Authorized`."""
        return self.unrouted if self.route is None else self.route.responses


Outcome = Authorized | Reject
Decision = Forward | Reject
