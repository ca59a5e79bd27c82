"""Remembers heads, so that the same request is not read again, with the same or with another token.

Rules of this file:
1. Only a packet that is one whole request, a head without a body, is remembered: the same bytes have the same reading.
   That it is one is proved when it is remembered, by a parser that reads the packet alone and must find the same head;
   nothing that is known of its connection counts as a proof.
2. Where a token follows `Authorization: Bearer`, another one may stand in its place: the characters of a token mean
   nothing to the parser, so the rest has the same reading. That too is proved, with another token. Whether a token is
   good is decided each time.
3. What is remembered belongs to one table and one way in, as the decision does.
4. What was learned from refused requests is kept apart, so that garbage can't push the rest out.
5. Of a route with several backends the decision is remembered, with a head for each way of writing it: which backend
   gets a request is decided each time, by who asks here.
6. A head is remembered when it comes the second time, after no more others than are remembered: of those that never
   come again, or so late that they are forgotten meanwhile, keeping them would cost more than it saves of the others.
"""

from __future__ import annotations

import asyncio

import msgspec

from postern_dataplane.decision.authenticate import Verifications
from postern_dataplane.decision.decide import match_route
from postern_dataplane.decision.extracted_token import TokenFound
from postern_dataplane.decision.outcome import Reject
from postern_dataplane.decision.verification_cache import TwoGenerationCache
from postern_dataplane.http1.rereading import Rereading
from postern_dataplane.request.head import RequestHead
from postern_dataplane.settings import Limits
from postern_dataplane.table.routing_table import RoutingTable

from .answers import Answer
from .cached_heads import TOKEN, CachedDecision, CachedTemplate, CacheEntry, Key, Packet
from .head_parts import BEARER_PLACE, parts_of, routes_by_authorization, with_token

# So many heads of a kilobyte, with what was made of them, or fewer with more or many fields.
PASSING_MAX = 2048
REFUSED_MAX = 512
PASSING_BYTES_MAX = 12 * 2**20
REFUSED_BYTES_MAX = 3 * 2**20
# How many heads are known to have come once, each by a number: what comes again after more than are remembered would be
# forgotten before its next turn.
ONCE_MAX = PASSING_MAX
# Longer ones are read each time: few are, and they would fill the memory.
HEAD_BYTES_MAX = 2048

# As programs write it, and proxies that write names in small letters.
_FIELD = b"uthorization: Bearer "
_BEFORE = (b"\r\nA", b"\r\na")

# Stand in for a token when a packet is read again; of the two, the one whose length is another.
_STAND_INS = (b"x-0.Y_z", b"x-0.Y_z7")


class DecisionCache:
    """The heads that one worker has seen lately."""

    __slots__ = ("_bytes_max", "_passing", "_refused", "_rereading", "_seen", "_table")

    def __init__(self, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        # With a longer token a head may not be longer than what any reader would let pass.
        self._bytes_max = min(HEAD_BYTES_MAX, limits.max_header_line_bytes, limits.max_headers_bytes)
        self._rereading = Rereading(limits, loop)
        self._begin(None)

    def _begin(self, table: RoutingTable | None) -> None:
        self._table = table
        self._seen: set[int] = set()
        self._passing: TwoGenerationCache[Key, CacheEntry] = TwoGenerationCache(
            PASSING_MAX, PASSING_BYTES_MAX, _known_bytes
        )
        self._refused: TwoGenerationCache[Key, CacheEntry] = TwoGenerationCache(
            REFUSED_MAX, REFUSED_BYTES_MAX, _known_bytes
        )

    def packet(self, connection_key: str, content: bytes) -> Packet | None:
        """What came at once, by this way; None for more than is remembered."""
        if len(content) > self._bytes_max:
            return None
        at = content.find(_FIELD)
        if at < 0 or content[at - 3 : at] not in _BEFORE:
            return Packet((connection_key, content, b""), b"")
        begin = at + len(_FIELD)
        end = content.find(b"\r\n", begin)
        if end <= begin:  # no token has a frame of its own: what is known of it says nothing about tokens
            return Packet((connection_key, content, b""), b"")
        return Packet((connection_key, content[:begin], content[end:]), content[begin:end])

    def lookup(
        self, table: RoutingTable | None, tokens: Verifications, packet: Packet, now_s: float
    ) -> tuple[CacheEntry, Answer] | None:
        """The entry of a packet and the answer to it, None if there is none; `tokens` belongs to `table`."""
        if table is not self._table or table is None:
            return None
        entry = self._passing.get(packet.key) or self._refused.get(packet.key)
        answer = None if entry is None else entry.answer(packet.token, table, tokens, now_s)
        return None if entry is None or answer is None else (entry, answer)

    def store(
        self, table: RoutingTable, packet: Packet, head: RequestHead, answer: Answer, *, host: str, path: str
    ) -> None:
        """Remember the answer to a head if it comes the second time and its packet alone is read the same.

        `packet` is the whole request, as the parser has read it.
        """
        outcome, sent = answer
        if not outcome.until or head.has_body:
            return
        if table is not self._table:
            self._begin(table)
        if self._was_seen(packet.key) and self._rereading.read(packet.with_token(packet.token), head) == head:
            entry: CacheEntry | None = CachedDecision(head, host, path, outcome, sent)
            if packet.token:
                entry = self._whatever_token(packet, head, table, host, path)
            if entry is not None:
                (self._refused if isinstance(outcome, Reject) else self._passing).put(packet.key, entry)

    def _whatever_token(
        self, packet: Packet, head: RequestHead, table: RoutingTable, host: str, path: str
    ) -> CacheEntry | None:
        """The head whatever its token; None where that is no usual one, is elsewhere too, or decides the route."""
        token, (_, before, behind) = packet.token, packet.key
        other = _STAND_INS[len(token) == len(_STAND_INS[0])]
        if TOKEN.fullmatch(token) is None or any(word in part for word in (token, other) for part in (before, behind)):
            return None
        again = self._rereading.read(packet.with_token(other), head)
        if again is None or again != with_token(head, token, other) or routes_by_authorization(head, table):
            return None
        route_match = match_route(head, table)
        if isinstance(route_match, Reject):
            is_same = route_match == match_route(again, table)
            return CachedDecision(head, host, path, route_match) if is_same else None
        # The whole line, for the token alone may also be a word of the route's own: of its path, or of the upstream's
        # host.
        field = before[before.rindex(b"\r\n") :]
        parts = parts_of(head, route_match, field, token, table)
        plan_again = match_route(again, table)
        if isinstance(plan_again, Reject) or parts != parts_of(again, plan_again, field, other, table):
            return None
        expected = TokenFound(other.decode(), BEARER_PLACE) if parts.is_found_here else route_match.token
        if plan_again != msgspec.structs.replace(route_match, token=expected):
            return None
        return CachedTemplate(head, host, path, route_match, *parts)

    def _was_seen(self, key: Key) -> bool:
        """Whether the packet has come before, and note that it has; wrong at times, which costs a place and no more."""
        number = hash(key)
        if number in self._seen:
            return True
        if len(self._seen) >= ONCE_MAX:
            self._seen.clear()
        self._seen.add(number)
        return False


class NullCache(DecisionCache):
    """The cache when it is off: no packet is looked at, so that every request is read and decided."""

    __slots__ = ()

    def packet(self, _connection_key: str, _content: bytes) -> None:
        return None


def _known_bytes(key: Key, entry: CacheEntry) -> int:
    # Measured: the head is there four times, in the key, its fields and what goes upstream; each field costs 150 bytes,
    # and so does each key that is counted.
    fields = len(entry.head.field_values) + entry.keys
    return 4 * sum(map(len, key)) + 150 * fields + entry.answer_bytes + entry.further_bytes + 512
