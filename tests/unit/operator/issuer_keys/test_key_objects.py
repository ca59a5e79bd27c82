"""The fetched keys of all issuers as objects to compile."""

from postern_core.ref import Ref
from postern_operator.issuer_keys.errors import Failure, FetchReason
from postern_operator.issuer_keys.fetch import FetchedKeys
from postern_operator.issuer_keys.fetcher import KeyState
from postern_operator.issuer_keys.key_objects import SOURCES_MAX, KeyObjects
from postern_operator.issuer_keys.source import Demand, KeySource

ISSUER = Ref("TokenIssuer", "demo", "keycloak")
DEMAND = Demand(KeySource("https://login.example.com/jwks"))
KEYS = FetchedKeys("keys", 1.0)
FAILED = Failure(FetchReason.REDIRECTED, "redirects (302)")


class Fetcher:
    """Knows one state, and keeps what was demanded."""

    state = KeyState(None, None)

    async def demand(self, demands):
        self.demands = demands

    def states(self, demands):
        return dict.fromkeys(demands, self.state)


async def described(state):
    fetcher = Fetcher()
    fetcher.state = state
    (made,) = await KeyObjects(fetcher, lambda _: {ISSUER: DEMAND}).added_to(())
    assert {ISSUER.id: DEMAND} == fetcher.demands
    return made.resource.keys, made.resource.reason, made.resource.message


async def test_an_object_says_what_is_known_of_the_keys():
    """Keys that have expired are in none, and last good keys come with why they are not newer."""
    where = "https://login.example.com/jwks: redirects (302)"
    assert ("", "KeysUnavailable", "not fetched yet") == await described(KeyState(None, None))
    assert ("", "Redirected", where) == await described(KeyState(None, FAILED))
    assert ("keys", "", "") == await described(KeyState(KEYS, None))
    assert ("keys", "KeysStale", where) == await described(KeyState(KEYS, FAILED))
    assert ("", "KeysExpired", f"not renewed for longer than maxStale; {where}") == await described(
        KeyState(KEYS, FAILED, is_expired=True)
    )


async def test_an_object_says_which_iss_only_the_source_knows():
    """Of the API server's tokens."""
    fetcher = Fetcher()
    fetcher.state = KeyState(FetchedKeys("keys", 1.0, issuer="https://kubernetes.default.svc"), None)
    (made,) = await KeyObjects(fetcher, lambda _: {ISSUER: DEMAND}).added_to(())
    assert "https://kubernetes.default.svc" == made.resource.issuer


async def test_the_iss_of_expired_keys_stays_known():
    """Without it nothing would say which tokens get 503 because `keys.kubernetes` has expired."""
    fetcher = Fetcher()
    known = FetchedKeys("keys", 1.0, issuer="https://kubernetes.default.svc")
    fetcher.state = KeyState(known, FAILED, is_expired=True)
    (made,) = await KeyObjects(fetcher, lambda _: {ISSUER: DEMAND}).added_to(())
    assert ("", "https://kubernetes.default.svc") == (made.resource.keys, made.resource.issuer)


async def test_what_is_unchanged_is_the_same_object():
    """A fetch that found nothing new leads to no compilation."""
    fetcher = Fetcher()
    objects = KeyObjects(fetcher, lambda _: {ISSUER: DEMAND})
    assert not objects.is_needed
    fetcher.state = KeyState(KEYS, None)
    (first,) = await objects.added_to(())
    fetcher.state = KeyState(FetchedKeys("keys", 2.0), None)
    (second,) = await objects.added_to(())
    assert (True, True) == (first is second, objects.is_needed)


async def test_without_issuers_there_is_nothing():
    """What was demanded before is dropped."""
    fetcher = Fetcher()
    objects = KeyObjects(fetcher, lambda _: {})
    assert () == await objects.added_to(())
    assert ({}, False) == (fetcher.demands, objects.is_needed)


async def test_a_namespace_has_a_bound_of_sources():
    """The youngest issuers are refused, but for those of other namespaces, and of sources that are fetched anyway."""
    asked = {
        Ref("TokenIssuer", "greedy", str(it)): Demand(KeySource(f"https://{it}.example.com/"))
        for it in range(SOURCES_MAX + 2)
    }
    asked[Ref("TokenIssuer", "greedy", "alike")] = Demand(KeySource("https://0.example.com/"))
    asked[ISSUER] = DEMAND
    fetcher = Fetcher()
    fetcher.state = KeyState(KEYS, None)
    objects = await KeyObjects(fetcher, lambda _: asked).added_to(())

    assert ["50", "51"] == [it.ref.name for it in objects if not it.resource.keys]
    assert SOURCES_MAX + 2 == len(fetcher.demands)
