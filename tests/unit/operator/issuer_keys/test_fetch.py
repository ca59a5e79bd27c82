"""One fetch of one source."""

import asyncio
import json

import pytest
from jwt.algorithms import ECAlgorithm

from fake_provider import DISCOVERY, JWKS, fake_provider, jwk, signing_key
from postern_operator.issuer_keys.errors import FetchReason, KeyFetchError
from postern_operator.issuer_keys.fetch import AccountKeys, KeyClient
from postern_operator.issuer_keys.fetch_policy import LOCAL, FetchPolicy
from postern_operator.issuer_keys.source import KeySource, Service
from postern_operator.jwk_sets import read_jwks

NOW = 1_800_000_000.0
KEY = signing_key()
ONE = jwk(KEY, "one")
CLIENT = KeyClient(FetchPolicy(allowed=LOCAL), lambda: NOW)


async def fetch(provider, before=None, timeout_s=5.0, client=CLIENT, **more):
    source = KeySource(provider.origin + JWKS, is_insecure=True, **more)
    return await client.fetch(source, before, timeout_s)


async def failure(provider, **more):
    with pytest.raises(KeyFetchError) as raised:
        await fetch(provider, **more)
    assert "hidden" not in str(raised.value)
    return raised.value.reason


def ids(fetched):
    return [key.id for key in read_jwks(fetched.keys.keys).keys]


async def test_a_set_is_kept_as_its_public_members_alone():
    """Whatever else is in it stays with its provider."""
    async with fake_provider() as provider:
        provider.publish(ONE | {"x5u": "https://evil.example.com", "x5c": ["AAAA"], "note": "hidden"}, ETag='"a"')
        fetched = await fetch(provider)
    (kept,) = json.loads(fetched.keys.keys)["keys"]
    assert ONE == kept
    assert (NOW, provider.origin + JWKS, '"a"') == (fetched.keys.fetched_at, fetched.keys.url, fetched.keys.etag)
    assert 1 == sum(provider.asked.values())


async def test_another_order_is_the_same_text():
    """Providers with several replicas differ in it."""
    two = jwk(signing_key(), "two")
    async with fake_provider() as provider:
        provider.publish(ONE, two)
        first = await fetch(provider)
        provider.publish(two, ONE)
        assert first.keys == (await fetch(provider)).keys


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b"null", b"<html>hidden</html>", b'{"keys": []}', b'{"keys": null}', b'{"keys": {}}',
        b'{"keys": [], "keys": []}', b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', b"\xff\xfe", b"[" * 100_000,
        json.dumps(ONE).encode(),
        json.dumps({"keys": [jwk(signing_key(), str(it)) for it in range(101)]}).encode(),
        json.dumps({"keys": [ONE, jwk(signing_key(), "one")]}).encode(),
        json.dumps({"keys": [ONE | {"use": "enc"}]}).encode(),
    ],
)  # fmt: skip
async def test_a_set_without_a_usable_key_is_a_failure(body):
    """None of these replaces what was fetched before."""
    async with fake_provider() as provider:
        provider.serve(JWKS, body)
        assert FetchReason.NO_USABLE_KEYS == await failure(provider)


async def test_a_private_key_refuses_the_whole_set():
    """It has been disclosed, and what else is in the set is of the same hands."""
    private = ECAlgorithm.to_jwk(KEY, as_dict=True)
    private.pop("key_ops", None)
    async with fake_provider() as provider:
        provider.publish(jwk(signing_key(), "good"), private | {"kid": "hidden"})
        with pytest.raises(KeyFetchError, match="private key"):
            await fetch(provider)


async def test_what_is_no_key_for_signatures_is_passed_over():
    """A set has keys for other uses too."""
    async with fake_provider() as provider:
        provider.publish({"kty": "oct", "k": "AAAA"}, jwk(signing_key(), "enc", use="enc"), ONE, ONE)
        assert ["one"] == ids(await fetch(provider))


async def test_an_unchanged_set_is_as_good_as_a_new_one():
    """304 renews when it was found; without anything to renew it is a failure."""
    async with fake_provider() as provider:
        provider.publish(ONE, ETag='"a"')
        first = await fetch(provider)
        provider.serve(JWKS, b"", 304)
        later = KeyClient(CLIENT.policy, lambda: NOW + 60)
        assert (NOW + 60, ["one"]) == (
            (again := await fetch(provider, first.keys, client=later)).keys.fetched_at, ids(again)
        )  # fmt: skip
        assert FetchReason.UNAVAILABLE == await failure(provider)
    assert '"a"' == provider.heads[1]["If-None-Match"]


async def test_the_time_counts_to_the_last_byte():
    """A body that trickles ends the fetch as a silent server does."""

    async def silent(_request):
        await asyncio.sleep(60)

    async with fake_provider() as provider:
        provider.answers[JWKS] = silent
        assert FetchReason.UNAVAILABLE == await failure(provider, timeout_s=0.05)


def discovery(provider, **changed):
    document = {"issuer": "https://login.example.com", "jwks_uri": provider.origin + JWKS} | changed
    provider.serve(DISCOVERY, json.dumps(document).encode())
    return KeySource(provider.origin + DISCOVERY, "https://login.example.com", is_insecure=True)


async def test_a_discovery_document_leads_to_the_set():
    """What is kept names where the set itself is."""
    async with fake_provider() as provider:
        provider.publish(ONE)
        fetched = await CLIENT.fetch(discovery(provider), None, 5)
        assert (["one"], provider.origin + JWKS) == (ids(fetched), fetched.keys.url)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"issuer": "https://login.example.com/"}, FetchReason.ISSUER_MISMATCH),
        ({"issuer": ["https://login.example.com"]}, FetchReason.ISSUER_MISMATCH),
        ({"issuer": None}, FetchReason.ISSUER_MISMATCH),
        ({"jwks_uri": None}, FetchReason.NO_USABLE_KEYS),
        ({"jwks_uri": "file:///etc/passwd"}, FetchReason.NOT_ALLOWED),
        ({"jwks_uri": "http://169.254.169.254/latest/hidden"}, FetchReason.NOT_ALLOWED),
        ({"jwks_uri": "http://a:hidden@127.0.0.1/"}, FetchReason.NOT_ALLOWED),
    ],
)
async def test_a_discovery_document_is_believed_no_more_than_a_tenant(changed, reason):
    """It names its issuer exactly, and a URL that passes the same policy."""
    async with fake_provider() as provider:
        provider.publish(ONE)
        source = discovery(provider, **changed)
        with pytest.raises(KeyFetchError) as raised:
            await CLIENT.fetch(source, None, 5)
    assert reason == raised.value.reason
    assert "hidden" not in str(raised.value)


async def test_a_discovery_document_that_is_no_json_is_a_failure():
    """None of its bytes shows."""
    async with fake_provider() as provider:
        source = discovery(provider)
        provider.serve(DISCOVERY, b"<html>hidden")
        with pytest.raises(KeyFetchError, match="not a JSON object"):
            await CLIENT.fetch(source, None, 5)


async def test_http_is_for_those_who_ask_for_it():
    """A source asks for it by `insecure`, or by the Service that is dialled."""
    async with fake_provider() as provider:
        with pytest.raises(KeyFetchError, match="https"):
            await CLIENT.fetch(KeySource(provider.origin + JWKS), None, 5)
    assert not provider.asked


async def test_keys_of_the_api_server_are_read_by_its_own_client():
    """No URL and no token is known here."""

    async def keys():
        return AccountKeys("https://kubernetes.default.svc", json.dumps({"keys": [ONE]}).encode())

    client = KeyClient(CLIENT.policy, lambda: NOW, keys)
    fetched = await client.fetch(KeySource(is_kubernetes=True), None, 5)
    assert (["one"], "") == (ids(fetched), fetched.keys.url)
    assert "https://kubernetes.default.svc" == fetched.keys.issuer
    with pytest.raises(KeyFetchError, match="no API server"):
        await CLIENT.fetch(KeySource(is_kubernetes=True), None, 5)


@pytest.mark.parametrize(
    ("hosts", "is_allowed"),
    [
        (("login.example.com",), False),
        (("login.example.com", "localhost"), True),
        (("localhost",), False),
        ((), True),
    ],
)
async def test_a_service_must_fit_the_allowed_hosts_too(hosts, is_allowed):
    """The URL's host is only what TLS and the request name: the Service is what the operator connects to."""
    async with fake_provider() as provider:
        provider.serve(JWKS, json.dumps({"keys": [ONE]}).encode())
        client = KeyClient(FetchPolicy(hosts=hosts, allowed=LOCAL), lambda: NOW)
        port = int(provider.origin.rpartition(":")[2])
        source = KeySource("http://login.example.com" + JWKS, service=Service("localhost", port))
        if is_allowed:
            assert ["one"] == ids(await client.fetch(source, None, 5))
            return
        with pytest.raises(KeyFetchError, match="--fetch-hosts") as raised:
            await client.fetch(source, None, 5)
        assert FetchReason.NOT_ALLOWED == raised.value.reason
