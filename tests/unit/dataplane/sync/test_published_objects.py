"""What the API server holds, and what is made of its answers."""

from __future__ import annotations

import asyncio
import json

import pytest

from generations import generation_of
from postern_core.codec import decode_index
from postern_dataplane.sync import published_objects as module
from postern_dataplane.sync.errors import ApiError

GENERATION = generation_of("/a")
SHARDS = {shard.section: shard for shard in decode_index(GENERATION.index).shards}


async def error_of(coroutine):
    with pytest.raises(ApiError) as raised:
        await coroutine
    return raised.value


async def test_the_index_is_listed_with_a_version(api, published):
    """From which it can be watched."""
    api.publish(GENERATION)
    assert (GENERATION.index, str(api.version)) == await published.index()


async def test_there_may_be_no_index(published):
    """Nothing has been published yet."""
    assert (None, "1") == await published.index()


async def test_an_index_object_without_the_entry_is_empty(api, published):
    """Which is no index."""
    api.put({key: value for key, value in GENERATION.index_object.items() if key != "data"})
    assert b"" == (await published.index()).content


@pytest.mark.parametrize("section", ["routes", "credentials"])
async def test_a_shard_is_what_was_published(api, published, section):
    """Byte for byte, out of a ConfigMap or a Secret."""
    api.publish(GENERATION)
    shard = SHARDS[section]
    assert GENERATION.shards[shard.digest] == await published.shard(shard)


async def test_a_shard_may_be_missing(published):
    """The status says so."""
    error = await error_of(published.shard(SHARDS["routes"]))
    assert ("the API server answers 404 Not Found", 404) == (str(error), error.status)


async def test_a_secret_that_is_not_base64_is_an_error_without_its_bytes(api, published):
    """A proxy in between may do anything."""
    [secret] = [one for one in GENERATION.shard_objects if one["kind"] == "Secret"]
    api.put({**secret, "data": {"shard.json": "!secret!"}})
    error = await error_of(published.shard(SHARDS["credentials"]))
    assert "what the API server answers can't be read: Error" == str(error)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 599])
async def test_a_refusal_is_told_with_its_status(api, published, status):
    """A refusal is reported with its status, and with nothing else that the server says."""
    api.refusals["configmaps"] = status
    error = await error_of(published.index())
    assert (status, True) == (error.status, str(error).startswith("the API server answers"))


async def test_a_server_that_is_not_there_is_told(api, published, kubeconfig):
    """By the system's words."""
    kubeconfig.write_text(kubeconfig.read_text().replace(api.url, "http://127.0.0.1:1"))
    error = await error_of(published.index())
    assert (True, None) == (str(error).startswith("the API server can't be reached: "), error.status)


@pytest.fixture
async def changes(api, published):
    """The changes of an index that isn't there yet."""
    async with asyncio.timeout(10):
        yield published.index_changes((await published.index()).version)


async def while_watched(api, change, action):
    """What the next change is, when this is done."""
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(anext(change, "ended"))
        await api.watched()
        action()
    return waiting.result()


async def test_a_change_is_told(api, changes):
    """As soon as it comes."""
    assert GENERATION.index == await while_watched(api, changes, lambda: api.publish(GENERATION))


async def test_a_deletion_is_told(api, published):
    """There is no index any more."""
    api.publish(GENERATION)
    changes = published.index_changes((await published.index()).version)
    assert None is await while_watched(api, changes, lambda: api.delete("configmaps", "postern-index"))


async def test_a_watch_ends_when_the_server_says_so(api, changes):
    """In order, and the index is listed again."""
    assert "ended" == await while_watched(api, changes, api.end_watches)


GONE = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}}


async def test_a_version_that_is_too_old_ends_a_watch(api, changes):
    """410 Gone is how a server says: list again."""
    assert "ended" == await while_watched(api, changes, lambda: api.send(json.dumps(GONE)))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("<html>", "what the API server answers is not a watch"),
        ('{"type": "ERROR", "object": {"code": 500, "reason": "No", "message": "no"}}', "500 Internal Server Error"),
        (b"\xff".decode("latin-1") * 5 * 2**20, "what the API server answers can't be read"),
    ],
    ids=["a page", "an error", "a line without an end"],
)
async def test_what_is_no_change_is_an_error(api, changes, line, said):
    """The index is listed again after a while."""
    with pytest.raises(ExceptionGroup) as raised:
        await while_watched(api, changes, lambda: api.send(line))
    [error] = raised.value.exceptions
    assert (ApiError, True) == (type(error), said in str(error))


async def test_a_watch_that_is_refused_is_an_error(api, changes):
    """With the status."""
    api.refusals["watch"] = 403
    assert 403 == (await error_of(anext(changes))).status


async def test_a_server_that_stops_ends_the_watch(api, changes, monkeypatch):
    """A silent server is waited for no longer than it was asked to watch."""
    monkeypatch.setattr(module, "WATCH_S", 0)
    monkeypatch.setattr(module, "BEYOND_S", 0.01)
    assert "the API server does not answer in time" == str(await error_of(anext(changes)))


async def test_after_a_reset_the_files_are_read_again(api, published, kubeconfig):
    """A new token is used, and the old one until then."""
    await published.index()
    kubeconfig.write_text(kubeconfig.read_text().replace("token-1", "token-2"))
    await published.index()
    await published.reset()
    await published.index()
    assert ["Bearer token-1", "Bearer token-1", "Bearer token-2"] == api.tokens
