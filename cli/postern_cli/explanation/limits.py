"""The rate limits of a request: which of them it takes from, and whose bucket that is. Nothing is counted here."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from postern_core.snapshot_rate_limits import RateLimit
from postern_dataplane.decision.client_address import client_address
from postern_dataplane.decision.limit_keys import address_key
from postern_dataplane.decision.outcome import Decision, Forward
from postern_dataplane.jwt.claim_values import claim_at
from postern_dataplane.jwt.compact import read_token
from postern_dataplane.request.head import RequestHead
from postern_dataplane.table.compiled import CompiledRoute
from postern_dataplane.table.routing_table import RoutingTable

from .wording import listed, shown, span

IPV4_BYTES, IPV6_BYTES = 4, 16


def limit_notes(
    row: CompiledRoute, head: RequestHead, table: RoutingTable, decision: Decision, token: str
) -> Iterator[str]:
    """A line for each limit of the route; `token` is the one that was found good, "" without one."""
    is_known = isinstance(decision, Forward)
    claims = read_token(token).claims if is_known and token else None
    for limit in row.entry.rate_limits:
        if limit.by == "Client":
            whose = _address(client_address(head, table.is_trusted_proxy))
        elif limit.by == "Route":
            whose = f"route {row.label}"
        elif not is_known:
            yield f"{_numbers(limit)}: not taken from, for it is refused before it is known by which {limit.by}"
            continue
        elif limit.by == "Consumer":
            whose = _consumer(decision)
        else:
            whose = _claim(limit, claims)
        yield f"{_numbers(limit)}: {whose or f'not taken from, for there is no {limit.by}'}"


def _numbers(limit: RateLimit) -> str:
    owner, _, index = limit.id.rpartition("/")
    burst = "" if limit.burst == limit.requests else f", {limit.burst} at once"
    return f"{limit.requests} in {span(limit.per_ms)}{burst} by {limit.by} (rateLimit[{index}] of {owner})"


def _consumer(decision: Decision) -> str:
    name = decision.consumer if isinstance(decision, Forward) else ""
    return f"consumer {name}" if name else ""


def _claim(limit: RateLimit, claims: dict[str, Any] | None) -> str:
    return "" if claims is None else f"claim [{listed(limit.claim)}] is {shown(claim_at(limit.claim, claims))}"


def _address(text: str) -> str:
    key = address_key(text)
    if not key:
        return "all whose address is not known"
    if len(key) == IPV4_BYTES:
        return f"address {ipaddress.IPv4Address(key)}"
    return f"address {ipaddress.IPv6Network((key.ljust(IPV6_BYTES, bytes(1)), 8 * len(key)))}"
