"""A request that is the same but for its token is not read again: only whose it is is asked, each time."""

from __future__ import annotations

import time

import pytest

from heads import bearer, head, packet_of, signed, table
from manifests import consumer, credential, route, secret, service
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.outcome import Authorized
from postern_dataplane.decision.verification_cache import NullCache, VerificationCache
from postern_dataplane.server.answers import answer_of
from postern_dataplane.server.cached_heads import CachedTemplate
from postern_dataplane.server.decision_cache import DecisionCache
from postern_dataplane.settings import Limits

OTHER = "fedcba9876543210fedcba9876543210"
WAY = "192.0.2.1 9080 False"
CREDENTIALS = (consumer(), credential(), secret())


def protected(**jwt):
    return table(service(), route(auth={"jwt": jwt}), *CREDENTIALS)


class Seen:
    """One worker's known heads, asked with heads as they come; `read` are the ones that were not known."""

    def __init__(self, table_):
        self.table = table_
        self.heads = DecisionCache(Limits(), None)
        self.tokens = VerificationCache()
        self.read = []

    def ask(self, request, now_s=None):
        """The decision about a head; it is what it would be if nothing were known."""
        now_s = time.time() if now_s is None else now_s
        packet = self.heads.packet(WAY, packet_of(request))
        found = self.heads.lookup(self.table, self.tokens, packet, now_s)
        if found is None:
            self.read.append(request)
            answer = answer_of(request, decide(request, self.table, self.tokens, now_s))
            self.heads.store(self.table, packet, request, answer, host="", path="")
        else:
            known, answer = found
            assert (request.method, request.target) == (known.head.method, known.head.target)
        assert answer == answer_of(request, decide(request, self.table, NullCache(), now_s))
        self.sent = answer[1]
        return answer[0]

    def send(self, request):
        """What goes upstream."""
        self.ask(request)
        return self.sent

    def teach(self, request):
        """Let a head come twice."""
        self.ask(request)
        self.ask(request)
        self.read.clear()

    @property
    def frames(self):
        known = [*self.heads._passing._young.values(), *self.heads._refused._young.values()]
        return [it for it in known if isinstance(it, CachedTemplate)]


def asked(token, *fields, target="/v1/a", name="Authorization"):
    return head(target, ("Accept", "*/*"), (name, f"Bearer {token}".rstrip()), ("X-B", "c"), *fields)


def reasons(seen, *requests):
    """What came of each, and how many were read."""
    outcomes = [seen.ask(it) for it in requests]
    return [it.consumer if isinstance(it, Authorized) else it.denial.reason for it in outcomes], len(seen.read)


NOW = int(time.time())
# Good for as long as tests may take: they are made when the tests are collected.
GOOD = [signed(exp=NOW + 86_400 + number) for number in range(3)]
FORGED = [signed(secret=OTHER, exp=NOW + number) for number in range(3)]


@pytest.mark.parametrize("first", [GOOD[0], FORGED[0]], ids=["good", "forged"])
def test_another_token_is_decided_about_and_nothing_else(first):
    """Whether a good one or a bad one was first."""
    seen = Seen(protected())
    seen.teach(asked(first))
    expected = ["alice", "alice", "bad_signature", "bad_signature", "alice", "expired", "malformed_token"]
    tokens = [GOOD[1], GOOD[2], FORGED[1], FORGED[2], GOOD[1], signed(exp=NOW - 5), "abc"]
    assert (expected, 0) == reasons(seen, *map(asked, tokens))


def test_what_goes_upstream_has_the_request_s_own_token():
    """Where it was; and the identity is that of its owner."""
    bob = (consumer("bob"), credential("bob", consumerRef={"name": "bob"}))
    seen = Seen(table(service(), route(auth={"jwt": {}}), *CREDENTIALS, *bob))
    seen.teach(asked(GOOD[0]))
    for token, name in ((GOOD[1], b"alice"), (signed(key="bob"), b"bob"), (GOOD[2], b"alice")):
        sent = seen.send(asked(token))
        assert b"Authorization: Bearer %b\r\nX-B: c\r\n" % token.encode() in sent
        assert b"\r\nX-Consumer-Username: %b\r\n" % name in sent
    assert not seen.read


def test_claims_go_upstream_of_each_token():
    """Not those of the last."""
    claims = [{"claim": "user", "header": "X-User"}]
    seen = Seen(protected(forwardClaims=claims))
    seen.teach(asked(signed(user="u0")))
    sent = [seen.send(asked(signed(user=f"u{number}"))) for number in (1, 2, 1)]
    assert [b"x-user: u1", b"x-user: u2", b"x-user: u1"] == [
        line for head_ in sent for line in head_.split(b"\r\n") if line.startswith(b"x-user")
    ]
    assert not seen.read


def test_a_token_that_is_taken_off_does_not_go_upstream():
    """With whatever token."""
    seen = Seen(protected(stripCredentials=True))
    seen.teach(asked(GOOD[0]))
    assert b"Authorization" not in seen.send(asked(GOOD[1]))
    assert not seen.read


def test_the_last_token_is_good_until_it_ends():
    """To the moment, and then it is refused."""
    seen = Seen(protected())
    request = asked(signed(exp=NOW + 100))
    seen.ask(request, NOW)
    seen.ask(request, NOW)
    seen.read.clear()
    outcomes = [seen.ask(request, NOW + after) for after in (0, 99.9, 100)]
    assert [True, True, False] == [isinstance(it, Authorized) for it in outcomes]
    assert not seen.read


def test_an_early_token_is_good_in_time():
    """What is known is the head, not the verdict."""
    seen = Seen(protected())
    seen.teach(asked(GOOD[0]))
    request = asked(signed(nbf=NOW + 10))
    outcomes = [seen.ask(request, NOW + after) for after in (0, 9.9, 10)]
    assert ([False, False, True], []) == ([isinstance(it, Authorized) for it in outcomes], seen.read)


@pytest.mark.parametrize("mode", ["Required", "Optional", "Permissive"])
@pytest.mark.parametrize("empty", [asked(""), head("/v1/a", ("Accept", "*/*"), ("X-B", "c"))], ids=["word", "field"])
def test_what_is_known_of_no_token_is_not_known_of_any(mode, empty):
    """Whoever sends none may not decide about others, nor the other way round."""
    for first, second in ((empty, asked(GOOD[0])), (asked(GOOD[0]), empty)):
        seen = Seen(protected(mode=mode))
        seen.teach(first)
        seen.ask(second)
        assert [second] == seen.read
        seen.teach(second)
        found = {request.headers: seen.ask(request) for request in (empty, asked(GOOD[0]), asked(FORGED[0]))}
        assert (3, []) == (len(found), seen.read)


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
def test_two_spellings_of_the_field_are_known(name):
    """Programs write the one, proxies the other."""
    seen = Seen(protected())
    seen.teach(asked(GOOD[0], name=name))
    assert (["alice"], 0) == reasons(seen, asked(GOOD[1], name=name))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(asked(GOOD[1], target="/v1/b"), id="target"),
        pytest.param(asked(GOOD[1], ("X-C", "d")), id="one more field"),
        pytest.param(asked(GOOD[1], name="authorization"), id="spelling"),
        pytest.param(head("/v1/a", ("Accept", "text"), bearer(GOOD[1]), ("X-B", "c")), id="a field before it"),
        pytest.param(
            head("/v1/a", ("Accept", "*/*"), ("Authorization", f"Bearer {GOOD[1]} "), ("X-B", "c")), id="a space"
        ),
        pytest.param(asked(f"{GOOD[1]},{GOOD[2]}"), id="a list"),
        pytest.param(asked(""), id="no token"),
        pytest.param(head("/v1/a", ("Accept", "*/*"), ("X-B", "c")), id="no field"),
    ],
)
def test_any_other_difference_is_read(other):
    """A packet that differs elsewhere is read, and decided by itself."""
    seen = Seen(protected())
    seen.teach(asked(GOOD[0]))
    seen.ask(other)
    assert [other] == seen.read


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(asked(GOOD[0], ("X-Token", GOOD[0])), id="twice"),
        pytest.param(asked(GOOD[0], target=f"/v1/{GOOD[0]}"), id="in the target"),
        pytest.param(asked("not one word"), id="words"),
        pytest.param(asked("t\x80ken"), id="a byte that is no text"),
    ],
)
def test_a_token_of_which_more_depends_is_read_each_time(request_):
    """A head is read each time where more depends on its token, or the token has other characters."""
    seen = Seen(protected())
    seen.teach(request_)
    assert [] == seen.frames
    seen.ask(request_)
    assert [request_] == seen.read


@pytest.mark.parametrize("name", ["authorization", "x-authorization"])
def test_a_route_that_asks_for_the_field_itself_is_found_each_time(name):
    """Another token may be another route's; and so may it be with a field whose name ends alike."""
    special = route("special", headers=[{"name": name, "type": "Exact", "value": f"Bearer {GOOD[1]}"}])
    seen = Seen(table(service(), route(), special, *CREDENTIALS))
    seen.teach(asked(GOOD[0], name=name))
    found = [seen.ask(asked(token, name=name)).route.label for token in (GOOD[2], GOOD[1])]
    assert (["default/all", "default/special"], 2) == (found, len(seen.read))


def test_a_token_of_another_place_counts_and_the_field_goes_on():
    """An upstream may have tokens of its own."""
    seen = Seen(protected(**{"from": [{"cookie": "jwt"}]}))

    def request(word, token):
        return head("/v1/a", ("Authorization", f"Bearer {word}"), ("Cookie", f"jwt={token}"))

    seen.teach(request("app-1", GOOD[0]))
    sent = seen.send(request("app-2", GOOD[0]))
    assert ([], b"Authorization: Bearer app-2\r\n" in sent) == (seen.read, True)
    assert (["bad_signature"], 1) == reasons(seen, request("app-2", FORGED[0]))


def test_a_token_that_was_escaped_elsewhere_is_that_place_s():
    """Though it reads the same as the one in the field."""
    seen = Seen(protected(**{"from": [{"query": "jwt"}, {"header": "Authorization"}]}))
    seen.teach(asked("zq", target="/v1/a?jwt=%7Aq"))
    assert (["malformed_token"], 0) == reasons(seen, asked(GOOD[0], target="/v1/a?jwt=%7Aq"))


@pytest.mark.parametrize("word", ["upstream", "application", "Host", "Bearer"])
def test_a_token_that_is_a_word_of_what_goes_upstream_is_replaced_nowhere_else(word):
    """A token that equals a word of the upstream's head is replaced in its own place alone."""
    upstream = {"url": "http://upstream.example/application"}
    seen = Seen(table(service(upstream=upstream), route(auth={"jwt": {}}), *CREDENTIALS))
    seen.teach(asked(word))
    sent = seen.send(asked(GOOD[0]))
    assert sent.startswith(b"GET /application/v1/a HTTP/1.1\r\nHost: upstream.example\r\n")


def test_the_field_comes_twice():
    """A repeated Authorization field is refused, for any value of the first."""
    seen = Seen(protected())
    requests = [asked(token, ("Authorization", "Bearer other")) for token in (GOOD[0], GOOD[1])]
    seen.teach(requests[0])
    assert (["repeated_token"], 0) == reasons(seen, requests[1])


def test_a_public_route_passes_the_field_on():
    """To an upstream that looks at it itself."""
    seen = Seen(table(service(), route()))
    seen.teach(asked("one"))
    sent = seen.send(asked("two"))
    assert ([], b"Authorization: Bearer two\r\n" in sent) == (seen.read, True)


def test_where_nothing_is_served_no_token_helps():
    """It is not even looked at."""
    seen = Seen(table(service(pathPrefix="/v1"), route(auth={"jwt": {}}), *CREDENTIALS))
    seen.teach(asked(GOOD[0], target="/elsewhere"))
    assert (["no_route"], 0) == reasons(seen, asked(GOOD[1], target="/elsewhere"))
    assert (["no_route"], 1) == reasons(seen, asked("no \x01 token", target="/elsewhere"))


@pytest.mark.parametrize(("auth", "hits", "misses"), [({"jwt": {}}, 4, 1), (None, 0, 0)], ids=["protected", "public"])
def test_a_token_that_is_not_looked_up_counts_as_a_hit(auth, hits, misses):
    """The metric tells how many tokens need no verification; those that nobody asks for are none of them."""
    table_ = table(service(), route(**({"auth": auth} if auth else {})), *CREDENTIALS)
    heads, tokens, request = DecisionCache(Limits(), None), VerificationCache(), asked(GOOD[0])
    packet = heads.packet(WAY, packet_of(request))
    for _ in range(2):
        answer = answer_of(request, decide(request, table_, tokens, NOW))
        heads.store(table_, packet, request, answer, host="", path="")
    for _ in range(3):
        assert heads.lookup(table_, tokens, packet, NOW)
    assert (hits, misses) == (tokens.hits, tokens.misses)


def test_a_new_table_knows_no_frame():
    """A template belongs to one table, as the verdicts on tokens do: in the next one the credential may be gone."""
    seen = Seen(protected())
    seen.teach(asked(GOOD[0]))
    seen.table, seen.tokens = table(service(), route(auth={"jwt": {}}), consumer(), secret()), VerificationCache()
    assert (["unknown_credential"] * 2, 2) == reasons(seen, asked(GOOD[0]), asked(GOOD[1]))
