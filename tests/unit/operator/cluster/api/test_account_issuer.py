"""The API server as the issuer of tokens of ServiceAccounts."""

import contextlib
import json

import pytest
from aiohttp import web
from kubernetes.aio import client

from fake_provider import DISCOVERY, FakeProvider, fake_provider
from postern_operator.cluster.api.account_issuer import KEYS_PATH, account_keys
from postern_operator.issuer_keys.errors import KeyFetchError

ISSUER = "https://kubernetes.default.svc"
TOKEN = "the-operators-own"


@contextlib.asynccontextmanager
async def api_server():
    """A server with both documents, and a client of it with the token of an account."""
    async with fake_provider() as server:
        server.serve(DISCOVERY, json.dumps({"issuer": ISSUER, "jwks_uri": "https://elsewhere.example.com/"}).encode())
        server.serve(KEYS_PATH, b'{"keys": []}')
        configuration = client.Configuration(host=server.origin)
        configuration.api_key["BearerToken"] = f"Bearer {TOKEN}"
        async with client.ApiClient(configuration) as api:
            yield server, api


def asked_with_token(server: FakeProvider) -> list[bool]:
    return [TOKEN in head.get("Authorization", "") for head in server.heads]


async def test_the_issuer_and_the_keys_are_the_api_servers_own():
    """Where its discovery document says that keys are is not looked at: the token would go there."""
    async with api_server() as (server, api):
        assert (ISSUER, b'{"keys": []}') == await account_keys(api)
    assert {DISCOVERY: 1, KEYS_PATH: 1} == server.asked
    assert [True, True] == asked_with_token(server)


@pytest.mark.parametrize("path", [DISCOVERY, KEYS_PATH])
async def test_the_token_goes_nowhere_else(path):
    """A redirect is a failure, and where it leads sees no token."""
    async with api_server() as (server, api), fake_provider() as other:

        async def redirect(_request):
            raise web.HTTPTemporaryRedirect(f"{other.origin}{path}")

        server.answers[path] = redirect
        other.serve(path, json.dumps({"issuer": "theirs", "keys": []}).encode())
        with pytest.raises(KeyFetchError, match="answers with status 307"):
            await account_keys(api)
    assert True not in asked_with_token(other)


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        (KEYS_PATH, b"", 500, "answers with status 500"),
        (KEYS_PATH, b"", 403, "system:service-account-issuer-discovery"),
        (KEYS_PATH, b"x" * 2**19, 200, "answers with status 200"),
        (DISCOVERY, b"{}", 200, "names no issuer"),
        (DISCOVERY, b"\xff", 200, "names no issuer"),
        (DISCOVERY, b'{"issuer": ""}', 200, "names no issuer"),
        (DISCOVERY, b'{"issuer": ["secret"]}', 200, "names no issuer"),
    ],
)
async def test_what_is_no_answer_is_a_failure(path, body, status, message):
    """Nothing of it is in a message."""
    async with api_server() as (server, api):
        server.serve(path, body, status)
        with pytest.raises(KeyFetchError, match=message) as failed:
            await account_keys(api)
    assert "secret" not in str(failed.value)


async def test_an_api_server_that_is_away_is_a_failure_like_any_other():
    """Its keys stay as they were."""
    async with client.ApiClient(client.Configuration(host="http://127.0.0.1:1")) as api:
        with pytest.raises(KeyFetchError, match="no answer"):
            await account_keys(api)
