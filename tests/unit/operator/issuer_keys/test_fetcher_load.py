"""How often is fetched: many sources, many issuers and many hints; in virtual time."""

import asyncio

import pytest

from key_fetching import ONE, TWO, Provider, Run, now
from postern_operator.issuer_keys.slots import AT_ONCE
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
        demands = {it: Demand(KeySource(f"https://{it}.example.com/jwks"), namespace=it) for it in (*names, "good")}
        async with Run(provider) as run:
            await run.fetcher.demand(demands)
            await asyncio.sleep(60)
            assert "good" == run.keys(demands)["good"]
            assert "no answer: RuntimeError" == run.fetcher.states(demands)["bad0"].failure.message
        assert AT_ONCE == provider.at_once_max

    run_virtually(story())


def test_a_good_source_is_refreshed_in_time_beside_many_that_hang():
    """Those of one namespace wait for one another, but half of its slots are for sources that are well."""

    async def story():
        names = [f"bad{it}" for it in range(50)]
        provider = Provider(good="good", **dict.fromkeys(names, "hangs"))
        demands = {it: Demand(KeySource(f"https://{it}.example.com/jwks"), 60) for it in ("good", *names)}
        async with Run(provider) as run:
            await run.fetcher.demand(demands)
            await asyncio.sleep(200)  # all have failed once
            before = provider.asked["https://good.example.com/jwks"]
            await asyncio.sleep(600)
            assert provider.asked["https://good.example.com/jwks"] - before >= 8

    run_virtually(story())


@pytest.mark.parametrize("is_new", [False, True])
def test_sources_of_one_namespace_that_hang_hold_up_no_other_namespace(is_new):
    """A fetch after a hint and a retry after a failure come in time, though the URLs that hang are ever new ones."""

    async def story():
        good = {"a": Demand(ONE, namespace="good"), "b": Demand(TWO, namespace="good")}
        async with Run(provider := Provider(one="one")) as run:
            for turn in range(12):
                urls = [f"https://bad{it}.example.com/{turn * is_new}" for it in range(50)]
                provider.keys |= dict.fromkeys(urls, "hangs")
                await run.fetcher.demand(good | {it: Demand(KeySource(it), 60, 30, namespace="bad") for it in urls})
                await asyncio.sleep(31)
                before = provider.asked[ONE.url]
                run.fetcher.hint(["a"])
                await asyncio.sleep(0.5)
                assert before + 1 == provider.asked[ONE.url]
        assert provider.asked[TWO.url] >= 7

    run_virtually(story())


def test_a_source_that_others_name_too_waits_for_none_of_theirs():
    """Naming the URL of another namespace's issuer beside many that hang holds it up no more than they do."""

    async def story():
        bad = {f"bad{it}": Demand(KeySource(f"https://{it}.example.com"), 60, 30, namespace="a") for it in range(49)}
        shared = {"bad": Demand(ONE, namespace="a"), "good": Demand(ONE, namespace="b")}
        async with Run(provider := Provider(one="one")) as run:
            provider.keys |= {it.source.url: "hangs" for it in bad.values()}
            await run.fetcher.demand(bad | shared)
            await asyncio.sleep(1)
            assert "one" == run.keys(shared)["good"]

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
