"""How a generation gets to disk, and what keeps it from there."""

from __future__ import annotations

import asyncio

import pytest

from generations import SECRET, generation_of
from postern_core.codec import decode_index
from postern_dataplane.reload.loader import Loader
from postern_dataplane.sync.errors import ApiError, GenerationError, StartError
from postern_dataplane.sync.installer import AT_A_TIME, Installer
from postern_dataplane.sync.latest_value import LatestValue
from postern_kit.backoff import Backoff
from postern_kit.snapshot_dir import SnapshotDir

FIRST, SECOND = generation_of("/a"), generation_of("/a", "/b")


class Shards:
    """Shards by digest, and how they are asked for."""

    def __init__(self, *generations):
        self.contents = {digest: content for one in generations for digest, content in one.shards.items()}
        self.asked = []
        self.resets = 0
        self.running = self.most = 0
        self.error = None

    async def shard(self, shard):
        self.asked.append(shard.digest)
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        if self.error:
            raise self.error
        if shard.digest not in self.contents:
            raise ApiError("not there", status=404)
        return self.contents[shard.digest]

    async def reset(self):
        self.resets += 1


@pytest.fixture
def shards():
    return Shards(FIRST, SECOND)


@pytest.fixture
def newest():
    return LatestValue()


@pytest.fixture
def installer(folder, shards, newest):
    return Installer("default", folder, shards, newest, Backoff(0.0))


async def refusal(installer, content):
    with pytest.raises(GenerationError) as refused:
        await installer.install(content)
    return refused.value


async def test_a_generation_is_installed_whole(installer, folder):
    """The index names it, and its shards are there."""
    await installer.install(FIRST.index)
    assert (FIRST.index, ()) == (folder.index()[0], folder.missing(decode_index(FIRST.index)))
    assert FIRST.digest == installer.digest


async def test_the_proxy_loads_what_was_installed(installer, folder):
    """The two have nothing in common but the snapshot's bytes."""
    await installer.install(SECOND.index)
    table = Loader(folder.path).load(None)
    assert (SECOND.digest, 2) == (table.digest, table.routes)


async def test_only_what_is_missing_is_fetched(installer, shards):
    """One changed route is one shard."""
    await installer.install(FIRST.index)
    shards.asked.clear()
    await installer.install(SECOND.index)
    assert [SECOND.digest_of("routes")] == shards.asked


async def test_few_shards_are_fetched_at_a_time(folder, newest):
    """A fleet that starts at once is no storm."""
    many = generation_of(*(f"/{number}" for number in range(3000)))
    shards = Shards(many)
    await Installer("default", folder, shards, newest, Backoff()).install(many.index)
    assert (AT_A_TIME, True) == (shards.most, len(shards.asked) > 2 * AT_A_TIME)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the index can't be decoded"),
        (FIRST.index.replace(b'"format":1', b'"format":999'), "the index has format 999"),
        (generation_of("/a", gateway="other").index, "the index is of another gateway: 'other'"),
    ],
    ids=["nothing", "another format", "another gateway"],
)
async def test_a_bad_index_changes_nothing(installer, folder, content, said):
    """A bad index changes nothing, and is not tried again."""
    await installer.install(FIRST.index)
    error = await refusal(installer, content)
    assert (True, False) == (said in str(error), error.may_heal)
    assert (FIRST.index, FIRST.digest) == (folder.index()[0], installer.digest)


async def test_a_missing_shard_changes_nothing(installer, shards, folder):
    """It may come; what could be had is not fetched again then."""
    await installer.install(FIRST.index)
    digest = SECOND.digest_of("routes")
    content = shards.contents.pop(digest)
    error = await refusal(installer, SECOND.index)
    expected = f"1 of its shards can't be used; a shard of routes is missing: {digest}"
    assert (expected, True) == (str(error), error.may_heal)
    assert (FIRST.index, FIRST.digest) == (folder.index()[0], installer.digest)
    shards.contents[digest] = content
    await installer.install(SECOND.index)
    assert SECOND.digest == installer.digest


@pytest.mark.parametrize("content", [b"", b"[]", FIRST.shards[FIRST.digest_of("credentials")]])
async def test_a_bad_shard_changes_nothing(installer, shards, folder, content):
    """Whatever it is instead, and all the others are fetched."""
    shards.contents[FIRST.digest_of("routes")] = content
    error = await refusal(installer, FIRST.index)
    assert ("1 of its shards can't be used; a shard of routes does not have the digest", True) == (
        str(error).rpartition(" that names it")[0],
        error.may_heal,
    )
    assert (None, None, sorted(FIRST.shards)) == (folder.index(), installer.digest, sorted(shards.asked))


async def test_a_server_that_is_down_is_not_asked_for_every_shard(installer, shards):
    """A server that is down is asked for one shard, and the next time on a new connection."""
    shards.error = ApiError("the API server can't be reached: refused")
    error = await refusal(installer, generation_of(*(f"/{number}" for number in range(3000))).index)
    assert (str(shards.error), True, 1) == (str(error), error.may_heal, shards.resets)
    assert len(shards.asked) <= AT_A_TIME


async def test_a_full_disk_may_get_room(installer, folder, monkeypatch):
    """The last good generation stays."""

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder, "write_shard", fail)
    error = await refusal(installer, FIRST.index)
    assert ("the folder can't be written: No space left on device", True) == (str(error), error.may_heal)


async def run_until(installer, is_so):
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(installer.run())
        while not is_so():  # noqa: ASYNC110 # what is waited for is a plain value
            await asyncio.sleep(0.001)
        running.cancel()


async def test_what_may_heal_is_tried_until_it_does(installer, shards, newest, told):
    """The trouble is logged once."""
    digest = FIRST.digest_of("routes")
    content = shards.contents.pop(digest)
    newest.put(FIRST.index)
    await run_until(installer, lambda: shards.asked.count(digest) > 3)
    shards.contents[digest] = content
    newest.put(FIRST.index)
    await run_until(installer, lambda: installer.digest)
    assert ["generation refused", "generation installed"] == [event["event"] for event in told]


async def test_a_bad_index_waits_for_a_better_one(installer, newest, told):
    """What is newest counts, and nothing of what was read is logged."""
    newest.put(b'{"secret": 1}')
    await run_until(installer, lambda: told)
    newest.put(FIRST.index)
    await run_until(installer, lambda: installer.digest == FIRST.digest)
    assert (False, False) == ("secret" in str(told), SECRET in str(told))


async def test_an_unexpected_error_is_survived(installer, shards, newest, told):
    """An unexpected error is survived, and logged without its text."""
    shards.error = RuntimeError("secret")
    newest.put(FIRST.index)
    await run_until(installer, lambda: told)
    shards.error = None
    newest.put(FIRST.index)
    await run_until(installer, lambda: installer.digest)
    assert ("RuntimeError", False) == (told[0]["exception"], "secret" in str(told))


@pytest.mark.parametrize("error", [RuntimeError("at that moment"), ApiError("at that moment")])
async def test_it_ends_even_when_a_shard_fails_at_that_moment(installer, shards, newest, error):
    """No error hides that the process is to end."""
    running = []

    async def shard(_):
        await asyncio.sleep(0.001)
        if not running[0].cancelling():
            running[0].cancel()
        raise error

    shards.shard = shard
    newest.put(FIRST.index)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running.append(group.create_task(installer.run()))
    assert running[0].cancelled()


def test_a_folder_that_can_not_be_made_private_is_a_start_error(tmp_path, shards, newest):
    """The error names the folder, in the system's words."""
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match="file/folder can't be made a folder of this user alone: Not a directory"):
        Installer("default", SnapshotDir(tmp_path / "file/folder"), shards, newest, Backoff()).start()


async def test_what_is_on_disk_counts_at_the_start(installer, folder, shards, newest):
    """No API server is needed for it."""
    await installer.install(FIRST.index)
    later = Installer("default", folder, shards, newest, Backoff())
    later.start()
    assert FIRST.digest == later.digest


@pytest.mark.parametrize("damage", ["index", "shard", "gateway"])
async def test_what_is_on_disk_does_not_count_unless_it_is_whole(installer, folder, shards, newest, damage):
    """It is not ready, and stays where it is."""
    await installer.install(FIRST.index)
    if damage == "index":
        (folder.path / "index.json").write_bytes(b"{}")
    elif damage == "shard":
        (folder.path / f"shards/{FIRST.digest_of('routes')}.json").unlink()
    later = Installer(
        "other" if damage == "gateway" else "default", type(folder)(folder.path), shards, newest, Backoff()
    )
    later.start()
    assert None is later.digest
