"""How an index is followed: over lists, watches and everything that ends them."""

from __future__ import annotations

import asyncio

import pytest

from postern_dataplane.sync import index_watcher as module
from postern_dataplane.sync.errors import ApiError
from postern_dataplane.sync.index_watcher import IndexWatcher
from postern_dataplane.sync.latest_value import LatestValue
from postern_dataplane.sync.published_objects import Listed
from postern_kit.backoff import Backoff


class Script:
    """An index that is read in rounds: what the list gives, and what the watch does then."""

    def __init__(self, *rounds):
        self.resets = 0
        self.is_over = asyncio.Event()
        self._rounds = list(rounds)
        self._changes = ()

    async def index(self):
        if not self._rounds:
            self.is_over.set()
            await asyncio.Event().wait()
        listed, *self._changes = self._rounds.pop(0)
        return Listed(given(listed), "7")

    async def index_changes(self, version):
        assert version == "7"
        for change in self._changes:
            yield given(change)

    async def reset(self):
        self.resets += 1


class Seen(LatestValue):
    """All that was put there."""

    def __init__(self):
        super().__init__()
        self.all = []

    def put(self, content):
        self.all.append(content)


def given(one):
    if isinstance(one, Exception):
        raise one
    return one


async def follow(script, backoff=None):
    """Follow to the end of a script; gives what was seen."""
    seen = Seen()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(IndexWatcher(script, seen, backoff or Backoff(0.0)).run())
        await script.is_over.wait()
        running.cancel()
    return seen.all


async def test_the_index_is_listed_and_watched():
    """Each is told, in order, and a watch that ends is followed by a list."""
    assert [b"1", b"2", b"3", b"4"] == await follow(Script([b"1", b"2"], [b"3", b"4"]))


async def test_a_deleted_index_is_not_told():
    """What is on disk stays."""
    assert [b"1", b"2"] == await follow(Script([b"1", None, b"2"]))


async def test_a_deletion_is_logged_once(told):
    """However often it is listed; and then that there is one again."""
    await follow(Script([b"1", None], [None], [None, b"2"]))
    expected = ["there is no index; what is on disk stays", "there is an index again"]
    assert expected == [event["event"] for event in told]


@pytest.mark.parametrize("error", [ApiError("down"), RuntimeError("secret")])
async def test_trouble_is_survived_on_a_new_connection(error):
    """Whatever it was, in the list or in the watch."""
    script = Script([error], [b"1", error], [b"2"])
    assert ([b"1", b"2"], 2) == (await follow(script), script.resets)


async def test_trouble_is_logged_once_and_so_is_its_end(told):
    """A server that is down for an hour is two lines."""
    down = ApiError("the API server can't be reached: refused")
    await follow(Script([down], [down], [down], [b"1"]))
    assert ["index is not followed for now", "API server answers again"] == [event["event"] for event in told]


async def test_an_unexpected_error_is_logged_without_its_text(told):
    """It may quote what was read."""
    await follow(Script([RuntimeError("secret")]))
    assert ("RuntimeError", False) == (told[0]["exception"], "secret" in str(told))


class Waits(Backoff):
    """A backoff that counts how often it began anew."""

    def __init__(self):
        super().__init__(0.0)
        self.resets = 0

    def succeeded(self):
        self.resets += 1


@pytest.mark.parametrize(("long_s", "resets"), [(0.0, 2), (1000.0, 0)])
async def test_only_a_round_that_lasted_begins_the_waits_anew(monkeypatch, long_s, resets):
    """A server that ends every watch at once is not listed without a pause."""
    monkeypatch.setattr(module, "LIVED_LONG_S", long_s)
    waits = Waits()
    await follow(Script([b"1"], [ApiError("down")]), waits)
    assert resets == waits.resets
