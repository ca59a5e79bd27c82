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
6. A head is remembered when it comes the second time: of those that never come again, keeping them would cost as much
   as it saves of the others.
"""

from __future__ import annotations

import asyncio
import re

import msgspec

from postern_dataplane.decision.authenticate import Verifications
from postern_dataplane.decision.decide import RouteMatch, authorize, match_route
from postern_dataplane.decision.outcome import Authorized, Reject
from postern_dataplane.decision.token_extraction import TokenFound
from postern_dataplane.decision.verification_cache import TwoGenerationCache
from postern_dataplane.http1.request_writer import field_lines
from postern_dataplane.http1.rereading import Rereading
from postern_dataplane.request.head import RequestHead
from postern_dataplane.settings import Limits
from postern_dataplane.table.routing_table import RoutingTable

from .answers import Answer, Sent
from .head_parts import BEARER_PLACE, parts_of, routes_by_authorization, with_token

# So many heads of a kilobyte, with what was made of them, or fewer with more or many fields.
PASSING_MAX = 2048
REFUSED_MAX = 512
PASSING_BYTES_MAX = 12 * 2**20
REFUSED_BYTES_MAX = 3 * 2**20
# How many heads are known to have come once, each by a number.
ONCE_MAX = 16_384
# Longer ones are read each time: few are, and they would fill the memory.
HEAD_BYTES_MAX = 2048

# As programs write it, and proxies that write names in small letters.
_FIELD = b"uthorization: Bearer "
_BEFORE = (b"\r\nA", b"\r\na")
# Possessive: what does not end as it must is not tried again from each of its ends.
_TOKEN = re.compile(rb"[A-Za-z0-9_.-]++")

# Stand in for a token when a packet is read again; of the two, the one whose length is another.
_STAND_INS = (b"x-0.Y_z", b"x-0.Y_z7")

# The way in (who asks, and at which door), and what is before and behind the token.
Key = tuple[str, bytes, bytes]


class Packet(msgspec.Struct, frozen=True, gc=False):
    """What one packet brought, taken apart at the token of its Authorization field, if there is one."""

    key: Key
    token: bytes

    def with_token(self, token: bytes) -> bytes:
        """The packet's bytes, with this token in the place of its own."""
        _, before, behind = self.key
        return before + token + behind


class CachedDecision(msgspec.Struct, frozen=True, gc=False):
    """A head that came, and what was decided whatever the token in its Authorization field.

    `host` and `path` are for the log.
    """

    head: RequestHead
    host: str
    path: str
    outcome: Authorized | Reject
    sent: Sent = b""

    @property
    def answer_bytes(self) -> int:
        """The memory of what the log has of its token, of the texts of a refusal, and of the route's own fields."""
        identity, outcome = self.outcome.identity, self.outcome
        logged = 0 if identity is None or identity.token is None else identity.token.size_bytes
        return logged + (outcome.denial.text_bytes if isinstance(outcome, Reject) else outcome.route.added_bytes)

    @property
    def further_bytes(self) -> int:
        """The memory of the heads of a split route: of all, for each has a host and a path of its own."""
        return sum(map(len, self.sent)) if isinstance(self.sent, tuple) else 0

    @property
    def keys(self) -> int:
        """How many keys of rate limits are held."""
        return len(self.outcome.counted)

    def answer(self, token: bytes, _table: RoutingTable, tokens: Verifications, now_s: float) -> Answer | None:
        """The outcome, while it holds; counts a hit for the token that need not be looked up."""
        if now_s >= self.outcome.until or (token and _TOKEN.fullmatch(token) is None):
            return None
        tokens.hits += self.outcome.has_token
        return self.outcome, self.sent


class CachedTemplate(msgspec.Struct, gc=False):
    """A head that came, but for the token in its Authorization field.

    `is_found_here` and what follows it are those of `HeadParts`; where it is not this token that counts, it is the
    plan's.  The answer to the last token is remembered.
    """

    head: RequestHead
    host: str
    path: str
    route_match: RouteMatch
    is_found_here: bool
    pieces: list[bytes]
    end: bytes
    further_pieces: tuple[list[bytes], ...] | None
    last_token: bytes = b""
    last: Answer | None = None

    @property
    def answer_bytes(self) -> int:
        """The most of these for the last token; without a resource, all hosts share the texts of the policy."""
        row, origin = self.route_match.row, self.route_match.origin
        policy, added = row.policy, 2 * row.added_bytes
        resource, logged = (policy.resource, policy.logged) if policy else (None, None)
        challenged = resource.challenge_bytes_max(policy.denials.values(), origin) if policy and resource else 0
        return added + challenged + (logged.size_bytes_max if logged else 0)

    @property
    def further_bytes(self) -> int:
        """As in `CachedDecision`: the pieces, and what was written of them for the last token."""
        further = (self.pieces, *self.further_pieces) if self.further_pieces is not None else ()
        return 2 * sum(len(piece) for pieces in further for piece in pieces)

    @property
    def keys(self) -> int:
        """As in `CachedDecision`, with those of the answer to the last token."""
        return len(self.route_match.counted) + len(self.route_match.row.entry.rate_limits)

    def answer(self, token: bytes, table: RoutingTable, tokens: Verifications, now_s: float) -> Answer | None:
        """Decide about the same request with this token; None for what is none."""
        if token == self.last_token and self.last is not None and now_s < self.last[0].until:
            tokens.hits += self.last[0].has_token
            return self.last
        if _TOKEN.fullmatch(token) is None:
            return None
        found = TokenFound(token.decode(), BEARER_PLACE) if self.is_found_here else self.route_match.token
        outcome = authorize(self.route_match, found, table, tokens, now_s)
        sent: Sent = b""
        if isinstance(outcome, Authorized):
            identity = field_lines(outcome.identity.fields) if outcome.identity is not None else b""
            sent = b"".join((token.join(self.pieces), identity, self.end))
            if self.further_pieces is not None:
                further = (b"".join((token.join(pieces), identity, self.end)) for pieces in self.further_pieces)
                sent = (sent, *further)
        self.last_token, self.last = token, (outcome, sent)
        return self.last


CacheEntry = CachedDecision | CachedTemplate


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
        if _TOKEN.fullmatch(token) is None or any(word in part for word in (token, other) for part in (before, behind)):
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
    fields = len(entry.head.headers) + entry.keys
    return 4 * sum(map(len, key)) + 150 * fields + entry.answer_bytes + entry.further_bytes + 512
