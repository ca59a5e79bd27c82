"""Heads that are remembered, and how each answers the same request again."""

from __future__ import annotations

import re

import msgspec

from postern_dataplane.decision.authenticate import Verifications
from postern_dataplane.decision.decide import authorize
from postern_dataplane.decision.extracted_token import TokenFound
from postern_dataplane.decision.outcome import Authorized, Reject
from postern_dataplane.decision.route_match import RouteMatch
from postern_dataplane.request.head import RequestHead
from postern_dataplane.table.routing_table import RoutingTable

from .answers import Answer, Sent
from .head_parts import BEARER_PLACE

# Possessive: what does not end as it must is not tried again from each of its ends.
TOKEN = re.compile(rb"[A-Za-z0-9_.-]++")

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
        return logged + (outcome.denial.text_bytes if isinstance(outcome, Reject) else len(outcome.route.added))

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
        if now_s >= self.outcome.until or (token and TOKEN.fullmatch(token) is None):
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
        policy, added = row.policy, 2 * len(row.added)
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
        if TOKEN.fullmatch(token) is None:
            return None
        found = TokenFound(token.decode(), BEARER_PLACE) if self.is_found_here else self.route_match.token
        outcome = authorize(self.route_match, found, table, tokens, now_s)
        sent: Sent = b""
        if isinstance(outcome, Authorized):
            identity = outcome.identity.lines if outcome.identity is not None else b""
            sent = b"".join((token.join(self.pieces), identity, self.end))
            if self.further_pieces is not None:
                further = (b"".join((token.join(pieces), identity, self.end)) for pieces in self.further_pieces)
                sent = (sent, *further)
        self.last_token, self.last = token, (outcome, sent)
        return self.last


CacheEntry = CachedDecision | CachedTemplate
