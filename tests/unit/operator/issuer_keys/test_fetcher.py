"""Keeps keys fresh; in virtual time, in which an hour passes at once."""

import asyncio
from collections import Counter

import pytest

from postern_operator.issuer_keys.errors import FetchReason, KeyFetchError
from postern_operator.issuer_keys.fetch import Fetched, FetchedKeys
from postern_operator.issuer_keys.fetcher import AT_ONCE, FIRST_WAIT_S, KeyFetcher
from postern_operator.issuer_keys.source import Demand, KeySource
from virtual_time import run_virtually

EPOCH = 1_800_000_000.0
ONE, TWO = KeySource("https://one.example.com/jwks"), KeySource("https://two.example.com/jwks")


def now():
    return EPOCH + asyncio.get_running_loop().time()


class Provider:
    """Answers for each source with its keys, or fails, or hangs."""

    def __init__(self, **keys):
        self.keys = {f"https://{name}.example.com/jwks": text for name, text in keys.items()}
        self.asked = Counter()
        self.times = []
        self.at_once = self.at_once_max = 0

    async def fetch(self, source, before, timeout_s):
        self.asked[source.url] += 1
        self.times.append(asyncio.get_running_loop().time())
        self.at_once += 1
        self.at_once_max = max(self.at_once, self.at_once_max)
        try:
            answer = self.keys.get(source.url)
            await asyncio.sleep(timeout_s if answer == "hangs" else 0.1)
        finally:
            self.at_once -= 1
        if answer == "breaks":
            raise RuntimeError("secret")
        if answer in (None, "hangs"):
            raise KeyFetchError(FetchReason.UNAVAILABLE, "answers with status 500")
        return Fetched(FetchedKeys(answer, now(), source.url))


class Store:
    def __init__(self):
        self.kept = {}

    async def read(self, source):
        return self.kept.get(source.id)

    async def keep(self, source, keys):
        self.kept[source.id] = keys
        self.writes = getattr(self, "writes", 0) + 1

    async def drop(self, source):
        del self.kept[source.id]


class Run:
    """A fetcher that runs as long as the context lasts."""

    def __init__(self, provider, store=None):
        self.provider = provider
        self.changes = []
        self.results = Counter()
        self.store = store or Store()
        self.fetcher = KeyFetcher(provider, self.store, lambda: self.changes.append(round(now() - EPOCH)), now, self)

    def fetched(self, issuers, result, keys):
        for issuer in issuers:
            self.results[issuer, result] += 1

    def dropped(self, issuers):
        self.gone = issuers

    async def __aenter__(self):
        self.task = asyncio.get_running_loop().create_task(self.fetcher.run())
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.task

    def keys(self, demands):
        return {issuer: it.keys.keys if it.keys else None for issuer, it in self.fetcher.states(demands).items()}


def test_a_provider_that_is_down_at_the_start_is_asked_until_it_is_up():
    """Nothing waits for it longer than for a moment, and nothing is made up meanwhile."""

    async def story():
        demands = {"a": Demand(ONE)}
        async with Run(provider := Provider()) as run:
            await run.fetcher.demand(demands)
            assert await run.fetcher.wait_first()
            assert {"a": None} == run.keys(demands)
            assert FetchReason.UNAVAILABLE == run.fetcher.states(demands)["a"].failure.reason
            await asyncio.sleep(60)
            provider.keys[ONE.url] = "one"
            await asyncio.sleep(60)
            assert ({"a": "one"}, None) == (run.keys(demands), run.fetcher.states(demands)["a"].failure)
            # Two facts, however many attempts: it fails, and it is well.
            assert 2 == len(run.changes)

    run_virtually(story())


def test_the_last_good_keys_serve_while_a_provider_is_down_for_an_hour():
    """They expire by maxStale alone, which is a change of its own at that second; 0 is never."""

    async def story():
        demands = {"a": Demand(ONE, max_stale_s=7200), "b": Demand(ONE, max_stale_s=0)}
        async with Run(provider := Provider(one="one")) as run:
            await run.fetcher.demand(demands)
            await asyncio.sleep(1)
            del provider.keys[ONE.url]
            await asyncio.sleep(7000)
            assert {"a": "one", "b": "one"} == run.keys(demands)
            assert not run.fetcher.states(demands)["a"].is_expired
            asked = provider.asked[ONE.url]
            assert asked < 80
            await asyncio.sleep(1000)
            states = run.fetcher.states(demands)
            assert (True, False) == (states["a"].is_expired, states["b"].is_expired)
            assert any(7200 <= at <= 7201 for at in run.changes)
            provider.keys[ONE.url] = "new"
            await asyncio.sleep(600)
            assert ({"a": "new", "b": "new"}, False) == (
                run.keys(demands), run.fetcher.states(demands)["a"].is_expired
            )  # fmt: skip

    run_virtually(story())


def test_keys_outlive_the_process_with_the_provider_down():
    """Those of the earlier run serve at once, and are renewed when they would have been."""

    async def story():
        demands, store = {"a": Demand(ONE)}, Store()
        async with Run(Provider(one="one"), store) as run:
            await run.fetcher.demand(demands)
            await asyncio.sleep(100)
        async with Run(provider := Provider(), store) as run:
            await run.fetcher.demand(demands)
            assert {"a": "one"} == run.keys(demands)
            assert await run.fetcher.wait_first(0.001)
            await asyncio.sleep(400)
            assert not provider.asked
            await asyncio.sleep(400)
            assert provider.asked
            assert {"a": "one"} == run.keys(demands)

    run_virtually(story())


def test_a_standby_takes_what_the_leader_has_kept():
    """Where it is newer than what it read when it started."""

    async def story():
        demands, store = {"a": Demand(ONE)}, Store()
        standby = Run(Provider(), store)
        await standby.fetcher.demand(demands)
        await store.keep(ONE, FetchedKeys("newer", now(), ONE.url))
        await standby.fetcher.reload()
        await standby.fetcher.reload()
        assert ({"a": "newer"}, 1) == (standby.keys(demands), len(standby.changes))

    run_virtually(story())


def test_keys_that_stay_as_they_are_are_written_rarely():
    """What is kept is still young enough to say that they are fresh."""

    async def story():
        async with Run(Provider(one="one")) as run:
            await run.fetcher.demand({"a": Demand(ONE, refresh_s=60)})
            await asyncio.sleep(6500)
            assert 10 <= run.store.writes <= 11
            assert now() - run.store.kept[ONE.id].fetched_at <= 700

    run_virtually(story())


def test_nine_bad_sources_hold_up_no_good_one():
    """Whatever is wrong with them; a few at the same time is the most that is asked."""

    async def story():
        names = [f"bad{it}" for it in range(30)]
        provider = Provider(good="good", **(dict.fromkeys(names, "hangs") | {"bad0": "breaks"}))
        demands = {name: Demand(KeySource(f"https://{name}.example.com/jwks")) for name in (*names, "good")}
        async with Run(provider) as run:
            await run.fetcher.demand(demands)
            await asyncio.sleep(60)
            assert "good" == run.keys(demands)["good"]
            assert "no answer: RuntimeError" == run.fetcher.states(demands)["bad0"].failure.message
        assert AT_ONCE == provider.at_once_max

    run_virtually(story())


def test_a_good_source_is_refreshed_in_time_beside_many_that_hang():
    """However many there are, half of the attempts at the same time are for sources that are well."""

    async def story():
        names = [f"bad{it}" for it in range(200)]
        provider = Provider(good="good", **dict.fromkeys(names, "hangs"))
        demands = {name: Demand(KeySource(f"https://{name}.example.com/jwks"), 60) for name in ("good", *names)}
        async with Run(provider) as run:
            await run.fetcher.demand(demands)
            await asyncio.sleep(200)  # all have failed once
            before = provider.asked["https://good.example.com/jwks"]
            await asyncio.sleep(600)
            assert provider.asked["https://good.example.com/jwks"] - before >= 8

    run_virtually(story())


def test_issuers_of_one_source_cause_one_fetch():
    """At the shortest interval of theirs; what is demanded no more is not fetched."""

    async def story():
        provider = Provider(one="one", two="two")
        async with Run(provider) as run:
            await run.fetcher.demand({"a": Demand(ONE), "b": Demand(ONE, refresh_s=60), "c": Demand(TWO)})
            await asyncio.sleep(1)
            assert {ONE.url: 1, TWO.url: 1} == provider.asked
            await run.fetcher.demand({"b": Demand(ONE, refresh_s=60)})
            await asyncio.sleep(3600)
            assert {"a", "c"} == run.gone
            assert {ONE.id} == run.store.kept.keys()
            assert 1 == provider.asked[TWO.url]
            assert 54 <= provider.asked[ONE.url] <= 68
            assert {"c": None} == run.keys({"c": Demand(TWO)})
            assert (1, 0) == (run.results["a", "changed"], run.results["a", "unchanged"])
            assert run.results["b", "unchanged"] > 50

    run_virtually(story())


def test_another_key_of_the_same_kid_comes_with_the_next_refresh():
    """No token hints at it: its kid is known."""

    async def story():
        demands = {"a": Demand(ONE)}
        async with Run(provider := Provider(one="one")) as run:
            await run.fetcher.demand(demands)
            await asyncio.sleep(1)
            provider.keys[ONE.url] = "same kid, new key"
            await asyncio.sleep(700)
            assert {"a": "same kid, new key"} == run.keys(demands)
            assert 2 == len(run.changes)

    run_virtually(story())


@pytest.mark.parametrize("answer", ["one", None])
def test_hints_without_end_lead_to_a_fetch_in_thirty_seconds(answer):
    """10,000 a second, and whether the provider is up or down."""

    async def story():
        demands = {"a": Demand(ONE, refresh_s=86_400), "b": Demand(TWO, refresh_s=86_400)}
        async with Run(provider := Provider(one="one", two="two")) as run:
            await run.fetcher.demand(demands)
            await asyncio.sleep(100)
            provider.keys[ONE.url] = answer
            provider.times.clear()
            for _ in range(2990):
                for _ in range(10):
                    run.fetcher.hint(["a", "unknown"])
                await asyncio.sleep(0.1)
            gaps = [later - earlier for earlier, later in zip(provider.times, provider.times[1:], strict=False)]
            assert min(gaps) >= 30
            assert 10 == len(provider.times)
            assert 1 == provider.asked[TWO.url]
            assert {"a": "one", "b": "two"} == run.keys(demands)

    run_virtually(story())


def test_a_hint_fetches_at_once_where_the_last_attempt_is_old():
    """A rotation without overlap is over with the first refused token."""

    async def story():
        demands = {"a": Demand(ONE)}
        async with Run(provider := Provider(one="one")) as run:
            await run.fetcher.demand(demands)
            await asyncio.sleep(100)
            provider.keys[ONE.url] = "rotated"
            run.fetcher.hint(["a"])
            await asyncio.sleep(0.2)
            assert {"a": "rotated"} == run.keys(demands)

    run_virtually(story())


def test_what_starts_waits_ten_seconds_at_most():
    """For sources that were never fetched, and have not answered yet."""

    async def story():
        fetcher = Run(Provider()).fetcher
        await fetcher.demand({"a": Demand(ONE)})
        assert not await fetcher.wait_first()
        assert FIRST_WAIT_S == asyncio.get_running_loop().time()

    run_virtually(story())


def test_a_clock_that_was_set_back_keeps_no_keys_fresh():
    """They count as fetched now at the latest."""

    async def story():
        demands, store = {"a": Demand(ONE, max_stale_s=60)}, Store()
        await store.keep(ONE, FetchedKeys("one", now() + 1e9, ONE.url))
        fetcher = Run(Provider(), store).fetcher
        await fetcher.demand(demands)
        await asyncio.sleep(61)
        assert fetcher.states(demands)["a"].is_expired

    run_virtually(story())
