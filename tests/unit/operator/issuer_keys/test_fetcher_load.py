"""How often is fetched: many sources, many issuers and many hints; in virtual time."""

import asyncio

import pytest

from key_fetching import ONE, TWO, Provider, Run, now
from postern_operator.issuer_keys.fetcher import AT_ONCE
from postern_operator.issuer_keys.source import Demand, KeySource
from virtual_time import run_virtually


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
