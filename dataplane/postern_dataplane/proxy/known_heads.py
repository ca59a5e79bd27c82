"""Remembers heads, so that the same request is not read again, whoever's token it carries.

Rules of this file:
1. Only a packet that was one whole request, a head without a body, is remembered: the same bytes have the same reading.
2. Where a token follows `Authorization: Bearer`, another one may stand in its place: the characters of a token mean
   nothing to whoever reads a head, so the rest has the same reading. Whether it is good is decided each time.
3. What is remembered belongs to one table and one way in, as the decision does.
4. What was learned from refused requests is kept apart, so that garbage can't push the rest out.
5. A head is remembered when it comes the second time: of those that never come again, keeping them would cost as much
   as it saves of the others.
"""

from __future__ import annotations

import re

import msgspec

from postern_core.snapshot import Place
from postern_dataplane.config.table import Table
from postern_dataplane.policy.cache import Generations
from postern_dataplane.policy.decide import Plan, decide, host_field, judge, make_plan
from postern_dataplane.policy.decision import Decision, Forward, Reject, RequestHead
from postern_dataplane.policy.denials import Denial
from postern_dataplane.policy.headers import upstream_head
from postern_dataplane.policy.target import read_target

from .limits import Limits
from .observer import RequestRecord

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
_PLACE = Place(kind="header", name="authorization")
# Possessive: what does not end as it must is not tried again from each of its ends.
_TOKEN = re.compile(rb"[A-Za-z0-9_.-]++")

# The way in (who asks, and at which door), and what is before and behind the token.
Key = tuple[str, bytes, bytes]


class Packet(msgspec.Struct, frozen=True, gc=False):
    """What one packet brought, taken apart at the token of its Authorization field, if there is one."""

    key: Key
    token: bytes


class KnownHead(msgspec.Struct, gc=False):
    """A head that came, the decision whatever the token, and whether one was looked up for it.

    `host` and `path` are for the log.
    """

    head: RequestHead
    host: str
    path: str
    decision: Decision
    has_token: bool = False

    def decide(self, token: bytes, table: Table, now_s: float) -> Decision | None:
        """The decision, while it holds; counts the token that need not be looked up."""
        if now_s >= self.decision.until or (token and _TOKEN.fullmatch(token) is None):
            return None
        if self.has_token:
            table.token_cache.hits += 1
        return self.decision


class KnownFrame(msgspec.Struct, gc=False):
    """A head that came, but for the token in its Authorization field.

    `is_found_here` says that it is the token that counts; otherwise that is the plan's.  `pieces` are what goes
    upstream before it and behind it, all in one where it does not go upstream; `end` follows the lines of identity.
    The last token is remembered with the decision.
    """

    head: RequestHead
    host: str
    path: str
    plan: Plan
    is_found_here: bool
    pieces: list[bytes]
    end: bytes
    last_token: bytes = b""
    last: Decision | None = None

    def decide(self, token: bytes, table: Table, now_s: float) -> Decision | None:
        """Decide about the same request with this token; None for what is none."""
        if token == self.last_token and self.last is not None and now_s < self.last.until:
            table.token_cache.hits += self.has_token
            return self.last
        if _TOKEN.fullmatch(token) is None:
            return None
        passed = judge(self.plan.row, token.decode() if self.is_found_here else self.plan.token, table, now_s)
        decision = passed if isinstance(passed, Reject) else passed.forward(token.join(self.pieces), self.end)
        self.last_token, self.last = token, decision
        return decision

    @property
    def has_token(self) -> bool:
        """Whether a token is looked up for the decision."""
        return self.is_found_here or isinstance(self.plan.token, str)


Known = KnownHead | KnownFrame


class KnownHeads:
    """The heads that one worker has seen lately."""

    __slots__ = ("_bytes_max", "_once", "_passing", "_refused", "_table")

    def __init__(self, limits: Limits) -> None:
        # With a longer token a head may not be longer than what any reader would let pass.
        self._bytes_max = min(HEAD_BYTES_MAX, limits.max_header_line_bytes, limits.max_headers_bytes)
        self._begin(None)

    def _begin(self, table: Table | None) -> None:
        self._table = table
        self._once: set[int] = set()
        self._passing: Generations[Key, Known] = Generations(PASSING_MAX, PASSING_BYTES_MAX, _known_bytes)
        self._refused: Generations[Key, Known] = Generations(REFUSED_MAX, REFUSED_BYTES_MAX, _known_bytes)

    def packet(self, way: str, content: bytes) -> Packet | None:
        """What came at once, by this way; None for more than is remembered."""
        if len(content) > self._bytes_max:
            return None
        at = content.find(_FIELD)
        if at < 0 or content[at - 3 : at] not in _BEFORE:
            return Packet((way, content, b""), b"")
        begin = at + len(_FIELD)
        end = content.find(b"\r\n", begin)
        if end <= begin:  # no token has a frame of its own: whatever is known of it says nothing about tokens
            return Packet((way, content, b""), b"")
        return Packet((way, content[:begin], content[end:]), content[begin:end])

    def find(self, table: Table | None, packet: Packet, now_s: float) -> tuple[Known, Decision] | None:
        """What is known of a packet, and the decision about it; None for nothing."""
        if table is not self._table or table is None:
            return None
        known = self._passing.get(packet.key) or self._refused.get(packet.key)
        decision = None if known is None else known.decide(packet.token, table, now_s)
        return None if known is None or decision is None else (known, decision)

    def decide(
        self, table: Table, packet: Packet | None, head: RequestHead, record: RequestRecord, now_s: float
    ) -> Decision:
        """Decide about a head, and remember it where its packet is there: all of the request, and nothing else."""
        cache = table.token_cache
        lookups = cache.hits + cache.misses
        decision = decide(head, table, now_s)
        if packet is not None and decision.until:
            if table is not self._table:
                self._begin(table)
            if self._has_come(packet.key):
                has_token = cache.hits + cache.misses > lookups
                known = (
                    _whatever_token(packet, head, record, table)
                    if packet.token
                    else KnownHead(head, record.host, record.path, decision, has_token=has_token)
                )
                if known is not None:
                    (self._passing if isinstance(decision, Forward) else self._refused).put(packet.key, known)
        return decision

    def _has_come(self, key: Key) -> bool:
        """Whether the packet has come before, and note that it has; wrong at times, which costs a place and no more."""
        number = hash(key)
        if number in self._once:
            return True
        if len(self._once) >= ONCE_MAX:
            self._once.clear()
        self._once.add(number)
        return False


def _known_bytes(key: Key, known: Known) -> int:
    # Measured: the head is there four times, in the key, its fields and what goes upstream; each field costs 150 bytes.
    return 4 * (len(key[1]) + len(key[2])) + 150 * len(known.head.headers) + 512


def _whatever_token(packet: Packet, head: RequestHead, record: RequestRecord, table: Table) -> Known | None:
    """The head whatever its token; None where that is no usual one, is elsewhere too, or decides the route."""
    token, (_, before, behind) = packet.token, packet.key
    if _TOKEN.fullmatch(token) is None or token in before or token in behind or _decides_route(head, table):
        return None
    plan = make_plan(head, table)
    if isinstance(plan, Reject):
        return KnownHead(head, record.host, record.path, plan)
    sent, end = upstream_head(head, plan.target, plan.row, is_trusted=table.trusts(head.peer))
    # The whole line, for the token alone may also be a word of the route's own: of its path, or of the upstream's host.
    field = before[before.rindex(b"\r\n") :]
    start, line, rest = sent.partition(field + token + b"\r\n")
    pieces = [start + field, b"\r\n" + rest] if line else [sent]
    is_found_here = plan.place == _PLACE and plan.token == token.decode()
    return KnownFrame(head, record.host, record.path, plan, is_found_here, pieces, end)


def _decides_route(head: RequestHead, table: Table) -> bool:
    """Whether a route for this path asks for something in the field that holds the token."""
    target = read_target(head, host_field(head)[0])
    routes = None if isinstance(target, Denial) else table.hosts.find(target.host)
    if routes is None or isinstance(target, Denial):
        return False
    return any(criterion.name == "authorization" for row in routes.at(target.path) for criterion in row.headers)
