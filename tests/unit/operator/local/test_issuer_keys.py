"""The keys of identity providers in local mode: fetched, kept in the state folder, and shown without a fetch."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from fake_provider import JWKS, fake_provider, jwk, signing_key
from manifests import token_issuer
from postern_core.fetched_keys import FetchedKeys
from postern_core.parse import parse_manifest
from postern_core.ref import Ref
from postern_operator.local.issuer_keys import IssuerKeysHere, with_kept_keys, with_published_keys


def issuer(origin):
    """A TokenIssuer whose keys are at a port of this machine."""
    return parse_manifest(token_issuer(keys={"url": origin + JWKS}, fetch={"insecure": True}))


def fetched(objects):
    """What is known of the keys of the one issuer."""
    [found] = [it.resource for it in objects if isinstance(it.resource, FetchedKeys)]
    return found


async def test_a_provider_on_loopback_may_be_asked():
    """It is under development on the same machine; without it, the failure says so."""
    async with fake_provider() as provider:
        asking = issuer(provider.origin)
        provider.publish(jwk(signing_key(), "one"))
        assert '"kid":"one"' in fetched(await with_published_keys([asking])).keys
    gone = fetched(await with_published_keys([asking]))
    assert ("", "KeysUnavailable") == (gone.keys, gone.reason)
    assert "no connection: connection refused" in gone.message


async def test_what_was_fetched_is_kept_and_read_without_a_fetch(tmp_path):
    """A command that only looks writes nothing, and asks no provider."""
    changed = asyncio.Event()
    async with fake_provider() as provider, asyncio.timeout(20):
        asking = [issuer(provider.origin)]
        provider.publish(jwk(signing_key(), "one"))
        keys = IssuerKeysHere(tmp_path, changed.set)
        assert "" == fetched(await keys.added_to(asking)).keys
        async with asyncio.TaskGroup() as group:
            running = group.create_task(keys.run())
            await changed.wait()
            assert '"kid":"one"' in fetched(await keys.added_to(asking)).keys
            while not list(tmp_path.glob("jwks/*.json")):  # noqa: ASYNC110 # a file is no event
                await asyncio.sleep(0.01)
            running.cancel()
        before = provider.asked.total()
        objects, states = await with_kept_keys(asking, tmp_path)
        assert '"kid":"one"' in fetched(objects).keys
        assert f"{provider.origin}{JWKS}" == states[Ref("TokenIssuer", "default", "idp")].keys.url
        assert before == provider.asked.total()


async def test_nothing_is_written_where_nothing_was_kept(tmp_path):
    """An issuer whose keys were never fetched has none."""
    objects, states = await with_kept_keys([issuer("http://127.0.0.1:9")], tmp_path)
    assert ("", [None]) == (fetched(objects).keys, [it.keys for it in states.values()])
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_hints_are_asked_for_at_the_admin_port(host, tmp_path):
    """Of the data plane of this run, until it ends."""
    async with fake_provider(host=host) as admin, asyncio.timeout(20):
        is_asked = asyncio.Event()

        async def ask(_request):
            is_asked.set()
            return web.Response(status=404)

        admin.answers["/unknown-keys"] = ask
        port = int(admin.origin.rpartition(":")[2])
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(IssuerKeysHere(tmp_path, lambda: None).follow_hints(host, port))
            await is_asked.wait()
            asking.cancel()
