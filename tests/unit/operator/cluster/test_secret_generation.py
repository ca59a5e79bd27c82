"""Secrets that are made once."""

import base64
import logging

import pytest

from fake_api import fake_api
from manifests import credential, secret
from postern_core.parse import parse_manifest
from postern_core.ref import Ref
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.secret_generation import generate_missing

PATH = "/api/v1/namespaces/default/secrets"


def keyless(name="alice", uid="u-1", **spec):
    manifest = credential(name, keys=[], **spec)
    return parse_manifest({**manifest, "metadata": {**manifest["metadata"], "uid": uid}})


@pytest.fixture
async def fake():
    async with fake_api() as (api, client):
        yield api, Writer(client)


async def test_a_missing_secret_is_made_with_as_many_bytes_as_the_algorithm_needs(fake):
    """Their base64 text, so that it can be printed and pasted."""
    api, writer = fake
    generated = await generate_missing([keyless(algorithm="HS512")], writer)

    assert (Ref("Secret", "default", "alice-jwt"),) == generated.made
    assert 64 == len(base64.b64decode(api.objects[f"{PATH}/alice-jwt"]["stringData"]["secret"]))


async def test_two_secrets_are_not_alike(fake):
    """They are random."""
    api, writer = fake
    await generate_missing([keyless("a"), keyless("b")], writer)

    assert 2 == len({api.objects[f"{PATH}/{name}-jwt"]["stringData"]["secret"] for name in "ab"})


async def test_a_secret_that_is_known_is_not_asked_for(fake):
    """Whoever it belongs to."""
    api, writer = fake
    await generate_missing([keyless(), parse_manifest(secret("alice-jwt"))], writer)

    assert [] == api.writes


async def test_a_secret_that_is_there_is_never_overwritten(fake):
    """The notice of it was still on its way."""
    api, writer = fake
    theirs = api.put(f"{PATH}/alice-jwt", secret("alice-jwt"))
    generated = await generate_missing([keyless()], writer)

    assert ((), ()) == (generated.made, generated.errors)
    assert theirs == api.objects[f"{PATH}/alice-jwt"]


async def test_one_that_is_refused_leaves_the_others_alone(fake):
    """Its namespace may be going."""
    api, writer = fake
    api.failures.append((403, "Forbidden", {}))
    generated = await generate_missing([keyless("a"), keyless("b")], writer)

    assert (1, 1) == (len(generated.made), len(generated.errors))


async def test_nothing_is_made_for_what_nobody_knows_in_the_cluster(fake):
    """A Secret without its credential's uid would stay for ever."""
    api, writer = fake
    await generate_missing([keyless(uid="")], writer)

    assert [] == api.writes


async def test_the_secret_is_in_no_error_and_no_log(fake, caplog):
    """The generated secret is in no error, no cause of an error and no log."""
    api, writer = fake
    caplog.set_level(logging.DEBUG)
    api.failures.append((422, "Invalid", {}))
    generated = await generate_missing([keyless()], writer)

    (_, _, sent) = api.writes[0]
    (error,) = generated.errors
    told = f"{error!r} {error} {error.__cause__} {caplog.text}"
    assert sent["stringData"]["secret"] not in told
