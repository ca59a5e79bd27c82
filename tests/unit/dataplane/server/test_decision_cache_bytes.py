"""What a head that is remembered counts for beside its bytes."""

from __future__ import annotations

from heads import NOW_S, PROTECTED, answer_of, bearer, head, packet_of, signed
from manifests import compiled
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.verification_cache import VerificationCache
from postern_dataplane.jwt.logged_claims import LoggedClaims
from postern_dataplane.server.decision_cache import CachedDecision, CachedTemplate, DecisionCache
from postern_dataplane.settings import Limits
from postern_dataplane.table.routing_table import build_table
from postern_dataplane.table.table_settings import TableSettings

LOGGED = LoggedClaims(["sub"])
TABLE = build_table(compiled(*PROTECTED).snapshot, "digest", TableSettings(logged_claims=LOGGED))


def remembered(*fields):
    """The entry of a request with these fields, once it has come three times."""
    heads, tokens, request = DecisionCache(Limits(), None), VerificationCache(), head("/v1/a", *fields)
    packet = heads.packet("way", packet_of(request))
    for _ in range(2):
        answer = answer_of(request, decide(request, TABLE, tokens, NOW_S))
        heads.store(TABLE, packet, request, answer, host="", path="")
    entry, (outcome, _) = heads.lookup(TABLE, tokens, packet, NOW_S)
    return entry, outcome


def test_a_head_with_any_token_counts_for_the_most_that_a_token_has_in_the_log():
    """The next token may be one of which the log has more than of the last one."""
    entry, outcome = remembered(bearer(signed(sub="\U00010000" * 60)))
    assert isinstance(entry, CachedTemplate)
    assert 0 < outcome.identity.token.size_bytes <= entry.logged_bytes == LOGGED.size_bytes_max


def test_a_head_with_one_token_counts_for_what_that_has_in_the_log():
    """A head with another token is another head; one without a token has nothing."""
    entry, outcome = remembered(("Authorization", f"bearer {signed(sub='a')}"))
    assert isinstance(entry, CachedDecision)
    assert 0 < outcome.identity.token.size_bytes == entry.logged_bytes
    assert 0 == remembered()[0].logged_bytes
