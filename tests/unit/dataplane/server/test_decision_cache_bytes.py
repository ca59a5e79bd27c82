"""What a head that is remembered counts for beside its bytes."""

from __future__ import annotations

import pytest

from heads import NOW_S, PROTECTED, bearer, head, packet_of, signed
from manifests import compiled, manifest, route, service
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.verification_cache import VerificationCache
from postern_dataplane.jwt.logged_claims import LoggedClaims
from postern_dataplane.server.answers import answer_of
from postern_dataplane.server.cached_heads import CachedDecision, CachedTemplate
from postern_dataplane.server.decision_cache import DecisionCache
from postern_dataplane.settings import Limits
from postern_dataplane.table.routing_table import build_table
from postern_dataplane.table.table_settings import TableSettings

LOGGED = LoggedClaims(["sub"])
TABLE = build_table(compiled(*PROTECTED).snapshot, "digest", TableSettings(logged_claims=LOGGED))


def remembered(*fields):
    """The entry of a request with these fields, once it has come three times."""
    return remembered_of(head("/v1/a", *fields), TABLE)


def remembered_of(request, table):
    """The entry of a request, and the answer from it."""
    heads, tokens = DecisionCache(Limits(), None), VerificationCache()
    packet = heads.packet("way", packet_of(request))
    for _ in range(2):
        answer = answer_of(request, decide(request, table, tokens, NOW_S))
        heads.store(table, packet, request, answer, host="", path="")
    entry, (outcome, _) = heads.lookup(table, tokens, packet, NOW_S)
    return entry, outcome


def test_a_head_with_any_token_counts_for_the_most_that_a_token_has_in_the_log():
    """The next token may be one of which the log has more than of the last one."""
    entry, outcome = remembered(bearer(signed(sub="\U00010000" * 60)))
    assert isinstance(entry, CachedTemplate)
    assert 0 < outcome.identity.token.size_bytes <= entry.answer_bytes == LOGGED.size_bytes_max


def test_a_head_with_one_token_counts_for_what_that_has_in_the_log():
    """A head with another token is another head; one without a token has nothing."""
    entry, outcome = remembered(("Authorization", f"bearer {signed(sub='a')}"))
    assert isinstance(entry, CachedDecision)
    assert 0 < outcome.identity.token.size_bytes == entry.answer_bytes
    refused, outcome = remembered()
    assert outcome.denial.text_bytes == refused.answer_bytes


ISSUER = manifest(
    "TokenIssuer",
    "idp",
    {
        "issuer": "https://idp.example",
        "keys": {"url": "https://idp.example/jwks"},
        "anyAudience": True,
        "callers": {"anyone": {}},
    },
)
RESOURCE = {"tokenIssuers": [{"name": "idp"}], "protectedResource": {"scopes": ["s" * 100]}}
PUBLISHED = build_table(compiled(service(auth={"jwt": RESOURCE}), route(), ISSUER).snapshot, "digest")


@pytest.mark.parametrize(
    ("target", "token"), [("/", ""), ("/", "Bearer abc.def.ghi"), ("/.well-known/oauth-protected-resource", "")]
)
def test_a_refused_head_counts_for_what_the_refusal_says_to_its_host(target, token):
    """A challenge with scopes, or a document, is kilobytes for each port that a Host may name."""
    request = head(target, *[("Authorization", token)] * bool(token), host="app.example.com:1")
    entry, outcome = remembered_of(request, PUBLISHED)
    texts = outcome.denial.document or outcome.denial.challenge.encode() * 2
    assert 100 < len(texts) <= entry.answer_bytes
    assert isinstance(entry, CachedTemplate if token else CachedDecision)


@pytest.mark.parametrize(("fields", "copies"), [([], 1), ([bearer(signed())], 2)])
def test_a_head_counts_for_the_fields_that_its_route_writes(fields, copies):
    """A short head that a filter makes long takes the room of the long one, twice where a token may follow another."""
    written = {"set": [{"name": "X-A", "value": "a" * 4000}, {"name": "X-B", "value": "b" * 4000}]}
    table = build_table(compiled(service(requestHeaders=written), route()).snapshot, "", TableSettings())
    entry, _ = remembered_of(head("/", *fields), table)
    assert copies * 8_014 == entry.answer_bytes


@pytest.mark.parametrize("fields", [(), (bearer(signed(n=1)),)], ids=["whole", "but for its token"])
def test_the_heads_of_a_split_route_all_count(fields):
    """Each head has the path of its own upstream's URL, which may be as long as a request."""
    path = "x" * 1_000
    upstreams = [{"url": f"http://{name}/{path}"} for name in "abc"]
    routes = (route(auth={"jwt": {"mode": "Optional"}}), *PROTECTED[2:])
    table = build_table(compiled(service(upstream=None, upstreams=upstreams), *routes).snapshot, "digest")
    entry, _ = remembered_of(head("/v1/a", *fields), table)
    assert entry.further_bytes > 3 * len(path)
    entry, _ = remembered_of(head("/v1/a", *fields), TABLE)
    assert 0 == entry.further_bytes
