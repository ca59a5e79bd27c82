"""Requests that write: how they are asked, and what is made of an answer."""

import pytest
from kubernetes.aio.client import ApiClient, Configuration

from fake_api import fake_api
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.errors import NotLeadingError, RefusedError, UnreachableError

PATH = "/api/v1/namespaces/n/configmaps"
MANIFEST = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}, "data": {"k": "v"}}


@pytest.fixture
async def fake():
    async with fake_api() as (api, client):
        yield api, Writer(client)


async def test_applying_is_forced_and_in_our_name(fake):
    """What somebody else has put into our fields is put right."""
    api, writer = fake
    applied = await writer.apply(f"{PATH}/a", MANIFEST)

    assert {"k": "v"} == applied["data"]
    assert [{"fieldManager": "postern", "force": "true"}] == api.queries


async def test_creating_what_is_there_is_refused(fake):
    """With Kubernetes' own word for it."""
    _, writer = fake
    await writer.create(PATH, MANIFEST)
    with pytest.raises(RefusedError) as caught:
        await writer.create(PATH, MANIFEST)

    assert (409, "AlreadyExists") == (caught.value.status, caught.value.reason)


async def test_deleting_what_is_gone_is_done(fake):
    """There is nothing left to do."""
    _, writer = fake
    await writer.delete(f"{PATH}/a", "uid-1")


async def test_deleting_another_object_of_that_name_is_refused(fake):
    """Only what was meant is deleted."""
    api, writer = fake
    await writer.create(PATH, MANIFEST)
    with pytest.raises(RefusedError):
        await writer.delete(f"{PATH}/a", "another")

    assert f"{PATH}/a" in api.objects


async def test_a_refusal_quotes_nothing(fake):
    """The server's message may hold what was sent."""
    api, writer = fake
    api.failures.append((422, "Invalid", {}))
    with pytest.raises(RefusedError) as caught:
        await writer.apply(f"{PATH}/a", MANIFEST)

    assert f"PATCH {PATH}/a: 422 Invalid" == str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_quota_is_told_apart_from_a_right_that_is_missing(fake):
    """Both are Forbidden; of the message nothing else is passed on."""
    api, writer = fake
    api.message = 'secrets "a" is forbidden: exceeded quota: QUOTED, requested: count/secrets=1'
    api.failures.append((403, "Forbidden", {}))
    with pytest.raises(RefusedError) as caught:
        await writer.apply(f"{PATH}/a", MANIFEST)

    assert f"PATCH {PATH}/a: 403 Forbidden (exceeded quota)" == str(caught.value)


async def test_how_long_to_stay_away_is_taken_from_the_answer(fake):
    """Priority and fairness of the API server."""
    api, writer = fake
    api.failures.append((429, "TooManyRequests", {"Retry-After": "7"}))
    with pytest.raises(RefusedError) as caught:
        await writer.apply(f"{PATH}/a", MANIFEST)

    assert 7.0 == caught.value.retry_after_s


async def test_no_answer_is_an_error_of_its_own():
    """Nothing listens on that port."""
    client = ApiClient(Configuration(host="http://127.0.0.1:9"))
    try:
        with pytest.raises(UnreachableError, match="ClientConnector"):
            await Writer(client).apply(f"{PATH}/a", MANIFEST)
    finally:
        await client.close()


async def test_who_does_not_lead_writes_nothing(fake):
    """The gate is asked before each request."""
    api, _ = fake
    async with fake_api() as (_, client):
        with pytest.raises(NotLeadingError):
            await Writer(client, may_write=lambda: False).apply(f"{PATH}/a", MANIFEST)

    assert [] == api.writes
