"""A head taken apart at its token, so that what goes upstream can be put together with another one."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from postern_core.snapshot import TokenSource
from postern_dataplane.decision.decide import host_field
from postern_dataplane.decision.extracted_token import TokenFound
from postern_dataplane.decision.route_match import RouteMatch
from postern_dataplane.decision.upstream_request import upstream_head
from postern_dataplane.http1.request_writer import framing, head_lines
from postern_dataplane.request.denials import Denial
from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.target import read_target
from postern_dataplane.table.compiled import CompiledRoute
from postern_dataplane.table.routing_table import RoutingTable

BEARER_PLACE = TokenSource(kind="header", name="authorization")


class HeadParts(NamedTuple):
    """What goes upstream of a head, whatever its token.

    `is_found_here` says that it is this token that counts.  `pieces` stand before and behind it, all in one where it
    does not go upstream; `end` follows the lines of identity.  `further_pieces` are those of a split route's other
    rows, None where it is not split.
    """

    is_found_here: bool
    pieces: list[bytes]
    end: bytes
    further_pieces: tuple[list[bytes], ...] | None


def parts_of(head: RequestHead, route_match: RouteMatch, field: bytes, token: bytes, table: RoutingTable) -> HeadParts:
    """The parts of a head with this token behind what its field begins with."""
    is_trusted, split = table.is_trusted_proxy(head.peer), route_match.row.split

    def pieces(row: CompiledRoute) -> list[bytes]:
        written = upstream_head(
            head, route_match.target, row, None, is_trusted=is_trusted, correlation=table.correlation
        )
        sent = head_lines(written)
        start, line, rest = sent.partition(field + token + b"\r\n")
        return [start + field, b"\r\n" + rest] if line else [sent]

    further = None if split is None else tuple(map(pieces, split.further_rows))
    is_found_here = route_match.token == TokenFound(token.decode(), BEARER_PLACE)
    return HeadParts(is_found_here, pieces(route_match.row), framing(head), further)


def with_token(head: RequestHead, token: bytes, other: bytes) -> RequestHead:
    """The head with another token in its field."""
    values = (b"Bearer " + other if value == b"Bearer " + token else value for value in head.field_values)
    return msgspec.structs.replace(head, field_values=tuple(values))


def routes_by_authorization(head: RequestHead, table: RoutingTable) -> bool:
    """Whether a route of this host asks for something in the field that holds the token."""
    target = read_target(head, host_field(head)[0])
    routes = None if isinstance(target, Denial) else table.virtual_host(head.port, target.host)
    return routes is not None and routes.asks_for_authorization
