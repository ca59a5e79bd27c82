"""Keeps keys fresh; in virtual time, in which an hour passes at once."""

import asyncio

from key_fetching import ONE, TWO, Provider, Run, Store, now
from postern_operator.issuer_keys.errors import FetchReason
from postern_operator.issuer_keys.fetch import FetchedKeys
from postern_operator.issuer_keys.fetcher import FIRST_WAIT_S
from postern_operator.issuer_keys.source import Demand, KeySource
from virtual_time import run_virtually


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


def test_keys_of_a_provider_that_is_well_never_expire():
    """A maxStale as short as refresh is allowed, and leaves time for a failure and the attempt after it."""

    async def story():
        demands = {"a": Demand(ONE, refresh_s=86_400, max_stale_s=86_400)}
        async with Run(provider := Provider(one="one")) as run:
            await run.fetcher.demand(demands)
            await asyncio.sleep(1)
            for minute in range(30 * 24 * 60):
                provider.keys[ONE.url] = "one" if minute % 2 else None
                await asyncio.sleep(60)
                assert not run.fetcher.states(demands)["a"].is_expired
            assert provider.asked[ONE.url] < 300

    run_virtually(story())


def test_edited_terms_count_at_once():
    """Keys that expire by a shorter maxStale are fetched at once, and by a shorter refresh when they are due by it."""

    async def story():
        async with Run(provider := Provider(one="one")) as run:
            await run.fetcher.demand({"a": Demand(ONE, 86_400, max_stale_s=172_800)})
            await asyncio.sleep(7200)
            await run.fetcher.demand(edited := {"a": Demand(ONE, 3600, max_stale_s=3600)})
            await asyncio.sleep(1)
            assert (2, False) == (provider.asked[ONE.url], run.fetcher.states(edited)["a"].is_expired)
            await run.fetcher.demand({"a": Demand(ONE, 600)})
            await asyncio.sleep(601)
            assert 3 == provider.asked[ONE.url]

    run_virtually(story())


def test_keys_expire_by_an_edited_max_stale_while_a_provider_is_down():
    """The change is reported at that second, though no fetch is due."""

    async def story():
        async with Run(provider := Provider(one="one")) as run:
            await run.fetcher.demand({"a": Demand(ONE, 86_400, max_stale_s=0)})
            await asyncio.sleep(1)
            provider.keys[ONE.url] = None
            await run.fetcher.demand({"a": Demand(ONE, 86_400, max_stale_s=1000)})
            await asyncio.sleep(2000)
            assert any(1000 <= at <= 1001 for at in run.changes)

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


def test_a_new_leader_takes_other_keys_whatever_the_clock_of_the_last_one_said():
    """They are fetched at once, for no clock says which of both are newer."""

    async def story():
        demands, store = {"a": Demand(ONE)}, Store()
        run = Run(provider := Provider(), store)
        await store.keep(ONE, FetchedKeys("older", now(), ONE.url))
        await run.fetcher.demand(demands)
        await store.keep(ONE, FetchedKeys("newer", now() - 300, ONE.url))
        await run.fetcher.reload()
        assert {"a": "newer"} == run.keys(demands)
        async with run:
            await asyncio.sleep(0.5)
        assert 1 == provider.asked[ONE.url]

    run_virtually(story())


def test_kept_keys_of_an_api_server_are_fetched_at_once():
    """Those that a backup of another cluster brings along serve no longer than that."""

    async def story():
        source, store = KeySource(is_kubernetes=True), Store()
        await store.keep(source, FetchedKeys("other cluster", now()))
        async with Run(provider := Provider(), store) as run:
            provider.keys[source.url] = "own"
            await run.fetcher.demand({"a": Demand(source)})
            await asyncio.sleep(1)
            assert {"a": "own"} == run.keys({"a": Demand(source)})

    run_virtually(story())


def test_keys_that_are_being_kept_while_their_issuer_is_deleted_are_dropped():
    """An API server carries out a write that was sent, though its client waits no more, and after the removal."""

    class Server(Store):
        def __init__(self):
            super().__init__()
            self.writing = []

        async def keep(self, source, keys):
            self.writing.append(asyncio.get_running_loop().create_task(self._keep_slowly(source, keys)))
            await asyncio.shield(self.writing[-1])

        async def _keep_slowly(self, source, keys):
            await asyncio.sleep(1)
            await super().keep(source, keys)

    async def story():
        async with Run(Provider(one="one"), store := Server()) as run:
            await run.fetcher.demand({"a": Demand(ONE)})
            await asyncio.sleep(0.5)
            await run.fetcher.demand({})
            await asyncio.sleep(2)
            assert (1, {}) == (store.writes, store.kept)

    run_virtually(story())


def test_an_issuer_whose_source_lives_on_is_counted_no_more_once_it_is_gone():
    """A fetch that ends while the sources of other issuers are being dropped leaves no series of it behind."""

    class SlowStore(Store):
        async def drop(self, source):
            await asyncio.sleep(3)
            await super().drop(source)

    class Recorder(Run):
        shown = frozenset()

        def fetched(self, issuers, result, keys):
            self.shown |= set(issuers)

        def dropped(self, issuers):
            self.shown -= set(issuers)

    async def story():
        async with Recorder(Provider(one="one", two="two"), SlowStore()) as run:
            await run.fetcher.demand({"a": Demand(ONE), "b": Demand(ONE), "c": Demand(TWO)})
            await asyncio.sleep(100)
            run.fetcher.hint(["a"])
            await run.fetcher.demand({"a": Demand(ONE)})
            assert {"a"} == run.shown

    run_virtually(story())


def test_what_no_longer_fetches_shows_no_age_of_keys():
    """It would grow without an end on a replica that leads no more."""

    async def story():
        async with Run(Provider(one="one")) as run:
            await run.fetcher.demand({"a": Demand(ONE)})
            await asyncio.sleep(1)
            assert set() == run.gone
        assert {"a"} == run.gone

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
