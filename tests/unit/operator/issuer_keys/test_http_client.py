"""One GET for a document of an identity provider."""

import asyncio
import contextlib
import socket
import threading

import pytest
from aiohttp import web
from yarl import URL

from certificates import Authority
from fake_provider import JWKS, fake_provider
from postern_operator.issuer_keys.errors import FetchReason, KeyFetchError
from postern_operator.issuer_keys.fetch_policy import LOCAL, FetchPolicy
from postern_operator.issuer_keys.http_client import BODY_BYTES_MAX, get
from postern_operator.issuer_keys.slots import OF_ONE_NAMESPACE, Slots
from postern_operator.issuer_keys.source import Service

POLICY = FetchPolicy(allowed=LOCAL)


async def failure(url, policy=POLICY, **more):
    with pytest.raises(KeyFetchError) as raised:
        await get(URL(url), policy, **more)
    assert "hidden" not in str(raised.value)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return raised.value.reason, str(raised.value)


async def test_a_document_comes_with_its_etag_and_age():
    """No cookie is sent back, and no compression is asked for."""
    async with fake_provider() as provider:
        provider.serve(JWKS, b"{}", ETag='"a"', Cache_Control="public, max-age=300", Set_Cookie="a=b")
        first = await get(URL(provider.origin + JWKS), POLICY)
        await get(URL(provider.origin + JWKS), POLICY, etag='"a"')

    assert (b"{}", '"a"', 300) == (first.body, first.etag, first.max_age_s)
    head = provider.heads[1]
    assert ('"a"', "identity", None) == (head["If-None-Match"], head["Accept-Encoding"], head.get("Cookie"))


@pytest.mark.parametrize(
    ("cache_control", "age_s"),
    [
        ("", None),
        ("no-store", 0),
        ("max-age=60, no-cache", 0),
        ('max-age="7"', 7),
        ("max-age=x", None),
        ("private", None),
    ],
)
async def test_cache_control_is_read_as_it_comes(cache_control, age_s):
    """What can't be read says nothing."""
    async with fake_provider() as provider:
        provider.serve(JWKS, b"{}", Cache_Control=cache_control)
        assert age_s == (await get(URL(provider.origin + JWKS), POLICY)).max_age_s


async def test_a_document_that_is_as_it_was_has_no_body():
    """304 answers the ETag; an ETag that is none is not kept."""
    async with fake_provider() as provider:
        provider.serve(JWKS, b"", 304, ETag="unquoted")
        answer = await get(URL(provider.origin + JWKS), POLICY, etag='"a"')
    assert (None, "") == (answer.body, answer.etag)


@pytest.mark.parametrize("status", [201, 204, 400, 404, 500, 503])
async def test_any_other_status_is_a_failure_without_its_body(status):
    """What an internal service answers must not show."""
    async with fake_provider() as provider:
        provider.serve(JWKS, b"" if status == 204 else b"hidden", status)
        reason, message = await failure(provider.origin + JWKS)
    assert (FetchReason.UNAVAILABLE, f"answers with status {status}") == (reason, message)


async def test_a_redirect_is_not_followed_and_names_its_host():
    """The message leads to the URL to write; the path may hold a secret."""
    async with fake_provider() as provider:
        provider.serve(JWKS, b"", 302, Location="https://other.example.com/hidden?token=hidden")
        assert (FetchReason.REDIRECTED, "redirects (302) to host other.example.com; name that URL") == await failure(
            provider.origin + JWKS
        )
    assert 1 == sum(provider.asked.values())


async def test_a_body_is_read_up_to_a_bound():
    """An endless body ends the fetch there."""
    sent = 0

    async def endless(request):
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while sent < 2**30:
                await response.write(b"x" * 65_536)
                sent += 65_536
        return response

    async with fake_provider() as provider:
        provider.answers[JWKS] = endless
        reason, message = await failure(provider.origin + JWKS)
    assert (FetchReason.UNAVAILABLE, "answers with more than 256 KiB") == (reason, message)
    assert sent < 64 * BODY_BYTES_MAX


async def test_a_compressed_body_is_not_inflated():
    """It could be a gigabyte."""
    async with fake_provider() as provider:
        provider.serve(JWKS, b"hidden", Content_Encoding="gzip")
        assert "compressed" in (await failure(provider.origin + JWKS))[1]


async def test_what_is_no_http_and_what_closes_early_are_failures():
    """Their text is shown by the type of the error alone."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-hidden\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert FetchReason.UNAVAILABLE == (await failure(f"http://127.0.0.1:{port}/"))[0]


async def test_a_refused_connection_is_said():
    """In the words of the system."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        message = (await failure(f"http://127.0.0.1:{closed.getsockname()[1]}/"))[1]
    assert "no connection: connection refused" == message


async def test_a_forbidden_address_is_refused_when_it_is_dialled(monkeypatch):
    """A name that leads elsewhere the second time (DNS rebinding), and an address in the URL itself."""
    answers = iter(["203.0.113.1", "169.254.169.254"])
    policy = FetchPolicy(is_own=lambda _: False)
    loop = asyncio.get_running_loop()

    def resolve(_host, port, *_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    async def unreachable(_socket, _address):
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(loop, "sock_connect", unreachable)
    found = [(await failure("http://login.example.com/", policy))[0] for _ in range(2)]
    literal = await failure("http://127.0.0.1:1/", policy)

    assert [FetchReason.UNAVAILABLE, FetchReason.NOT_ALLOWED] == found
    assert (FetchReason.NOT_ALLOWED, "leads to a forbidden address: loopback address") == literal


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f000001"])
async def test_other_spellings_of_an_address_lead_nowhere(host):
    """The system would read them as loopback."""
    policy = FetchPolicy(is_own=lambda _: False)
    await failure(f"http://{host}:1/", policy)


async def test_a_private_ca_is_the_only_one_that_counts(tmp_path):
    """The name of the URL is asked for and verified, wherever the connection goes."""
    authority, stranger = Authority("ca"), Authority("stranger")
    async with fake_provider(authority.server_context(tmp_path, "login.example.com")) as provider:
        provider.serve(JWKS, b"{}")
        service = Service("127.0.0.1", int(provider.origin.rpartition(":")[2]))
        good = await get(URL("https://login.example.com/jwks"), POLICY, service=service, ca_pem=authority.pem)
        other_ca = await failure("https://login.example.com/jwks", service=service, ca_pem=stranger.pem)
        other_name = await failure("https://other.example.com/jwks", service=service, ca_pem=authority.pem)

    assert (b"{}", "login.example.com") == (good.body, provider.heads[0]["Host"])
    assert other_ca[1].startswith("TLS fails: ")
    assert other_name[1].startswith("TLS fails: Hostname mismatch")


async def test_a_service_stands_for_a_name_only():
    """An address in the URL would be dialled itself."""
    assert FetchReason.NOT_ALLOWED == (await failure("http://127.0.0.1/", service=Service("127.0.0.1", 1)))[0]


async def test_no_proxy_of_the_environment_is_used(monkeypatch):
    """It would dial what the policy refuses."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with fake_provider() as provider:
        provider.serve(JWKS, b"{}")
        assert b"{}" == (await get(URL(provider.origin + JWKS), POLICY)).body


async def test_a_silent_name_server_takes_no_thread_from_others(monkeypatch):
    """What compiles runs in the threads of the loop, and goes on while names are resolved in vain."""
    is_over = threading.Event()

    def silent(*_):
        is_over.wait(5)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(16):
            tasks.create_task(failure("http://login.example.com/"))
        await asyncio.sleep(0.05)
        async with asyncio.timeout(2):
            assert 1 == await asyncio.to_thread(int, 1)
        is_over.set()


async def test_a_name_that_is_resolved_in_vain_holds_the_slot_of_its_fetch(monkeypatch):
    """The time limit of a fetch ends no thread, so that others would lack one."""
    is_over, slots = threading.Event(), Slots()

    def silent(*_):
        is_over.wait(5)
        raise socket.gaierror

    async def hang():
        with contextlib.suppress(TimeoutError):
            async with slots.slot(["a"], is_failing=False), asyncio.timeout(0.05):
                await get(URL("http://login.example.com/"), POLICY)

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    for _ in range(OF_ONE_NAMESPACE):
        await hang()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(hang(), 0.2)
    is_over.set()
    async with asyncio.timeout(2), slots.slot(["a"], is_failing=False):
        pass
