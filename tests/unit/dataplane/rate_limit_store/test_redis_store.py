"""A connection to Redis, to a real one and to servers that are none: what is asked, believed and waited for."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import pytest
from redis.exceptions import InvalidResponse, RedisError

from certificates import Authority
from postern_dataplane.errors import StoreError
from postern_dataplane.rate_limit_store import redis_store
from postern_dataplane.rate_limit_store.redis_store import RedisStore
from postern_dataplane.rate_limits.limit import Limit
from postern_dataplane.rate_limits.unsent_counts import Spent
from postern_dataplane.store_address import StoreAddress
from redis_server import running_redis

TEN_A_SECOND = Limit("default/api/0", 10, 1.0, 10)
BATCH = [Spent(TEN_A_SECOND, b"a", 3)]


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    with running_redis(tmp_path_factory.mktemp("redis"), "hunter2") as server:
        yield server


@pytest.fixture
def connect(tmp_path):
    """Connect with a password."""

    def connect(port, password="hunter2"):
        (tmp_path / "password").write_text(password)
        return RedisStore.connect(StoreAddress(host="127.0.0.1", port=port), str(tmp_path / "password"), "")

    return connect


@contextlib.asynccontextmanager
async def serving(answer):
    """A server that answers everything with the same bytes, and with None nothing at all; yields its port."""

    async def serve(reader, writer):
        while answer and await reader.read(65536):
            writer.write(answer)
        await reader.read(-1)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_counts_of_all_workers_are_added(redis, connect):
    """The debt of a key is what all of them have spent, less what has come back since."""
    async with connect(redis.port) as one, connect(redis.port) as other:
        await one.check()
        [first] = await one.add("default", BATCH, [5.0])
        [second, new] = await other.add("default", [*BATCH, Spent(TEN_A_SECOND, b"b", 1)], [5.0, 5.0])
    assert (pytest.approx(0.3), pytest.approx(0.6, abs=0.2), pytest.approx(0.1)) == (first, second, new)


async def test_gateways_and_limits_have_their_own_counts(redis, connect):
    """Another gateway, and a limit with other numbers, begin with full buckets."""
    other = Limit("default/api/0", 20, 1.0, 10)
    async with connect(redis.port) as store:
        await store.add("first", BATCH, [5.0])
        assert [[pytest.approx(0.3)], [pytest.approx(0.15)]] == [
            await store.add("second", BATCH, [5.0]),
            await store.add("first", [Spent(other, b"a", 3)], [5.0]),
        ]


async def test_a_debt_is_bounded_in_the_store(redis, connect):
    """It expires a second after it is paid."""
    async with connect(redis.port) as store:
        assert [5.0] == await store.add("bounded", [Spent(TEN_A_SECOND, b"a", 10**6)], [5.0])
        name = store._name("bounded", TEN_A_SECOND, b"a")
    expires_ms = int(redis.ask("PTTL", name).split(b"\r\n")[1][1:])
    assert 4_000 < expires_ms <= 6_000


@pytest.mark.parametrize("value", ["-1e30", "rubbish", "1e300", "inf"])
async def test_what_others_wrote_at_a_key_is_bounded(redis, connect, value):
    """It is read as no debt or the largest, and the next batch finds a number."""
    async with connect(redis.port) as store:
        name = store._name("shared", TEN_A_SECOND, b"a")
        redis.ask("SET", name, value)
        for _ in range(2):
            [debt_s] = await store.add("shared", BATCH, [5.0])
            assert 0.3 <= debt_s + 0.01 <= 5.01


async def test_a_wrong_password_is_an_error_that_does_not_quote_it(redis, connect):
    """Nothing is counted."""
    with pytest.raises(RedisError) as error:
        async with connect(redis.port, "a wrong one") as store:
            await store.check()
    assert "a wrong one" not in str(error.value)


@pytest.fixture
def secure_redis(tmp_path):
    """A server that speaks TLS as 127.0.0.1, and the address and the CA by which it is reached."""
    authority = Authority("store")
    pair = authority.issue("127.0.0.1")
    files = {"tls_cert_file": pair.chain, "tls_key_file": pair.key, "tls_ca_cert_file": authority.pem.encode()}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    options = {name: str(tmp_path / name) for name in files} | {"tls_auth_clients": "no"}
    with running_redis(tmp_path, "", **options) as server:
        yield StoreAddress(host="127.0.0.1", port=server.port, is_tls=True), tmp_path / "tls_ca_cert_file"


async def test_a_store_with_tls_is_reached_by_its_ca(secure_redis):
    """The certificate is verified by the CAs of the file."""
    address, ca_file = secure_redis
    async with RedisStore.connect(address, "", str(ca_file)) as store:
        await store.check()


@pytest.mark.parametrize("wrong", ["CA", "name"])
async def test_a_store_whose_certificate_does_not_fit_is_not_asked(secure_redis, tmp_path, wrong):
    """Another CA, or a name that is not in the certificate, is an error before a password is sent."""
    address, ca_file = secure_redis
    if wrong == "CA":
        ca_file = tmp_path / "other"
        ca_file.write_text(Authority("other").pem)
    else:
        address = msgspec.structs.replace(address, host="localhost")
    with pytest.raises((RedisError, OSError)) as error:
        async with RedisStore.connect(address, "", str(ca_file)) as store:
            await store.check()
    assert "certificate verify failed" in str(error.value)


async def test_a_password_that_can_not_be_read_is_an_error():
    """The file is read at each connection, so it may come later."""
    with pytest.raises(OSError, match="No such file"):
        async with RedisStore.connect(StoreAddress(host="127.0.0.1"), "/nonexistent/password", ""):
            pass


async def test_a_store_that_does_not_answer_is_given_up(connect, monkeypatch):
    """It takes the connection and says nothing."""
    monkeypatch.setattr(redis_store, "REPLY_S", 0.1)
    async with serving(None) as port:
        with pytest.raises((TimeoutError, RedisError)):
            async with asyncio.timeout(5), connect(port) as store:
                await store.check()


@pytest.mark.parametrize(
    "answer",
    [b":1\r\n", b"*0\r\n", b"*2\r\n:1\r\n:1\r\n", b"*1\r\n$1\r\n1\r\n", b"*1\r\n$-1\r\n", b"*1\r\n*0\r\n", b"+OK\r\n"],
)
async def test_an_answer_that_is_no_number_for_each_key_is_refused(answer, connect, monkeypatch):
    """What is connected to need not be Redis."""
    monkeypatch.setattr(redis_store, "_client", client_without_greeting)
    async with serving(answer) as port:
        with pytest.raises(StoreError):
            async with connect(port) as store:
                await store.add("default", BATCH, [5.0])


@pytest.mark.parametrize("answer", [b"$4000000000\r\n" + b"x" * 10**6, b"*1000000000\r\n" + b":1\r\n" * 10**5])
async def test_an_answer_without_an_end_is_refused(answer, connect, monkeypatch):
    """A store that announces gigabytes takes no memory, and is not waited for."""
    monkeypatch.setattr(redis_store, "_client", client_without_greeting)
    async with serving(answer) as port, connect(port) as store:
        with pytest.raises(InvalidResponse, match="too long"):
            await store.add("default", BATCH, [5.0])


@pytest.mark.parametrize(("answer", "debt_s"), [(b"*1\r\n:-5\r\n", 0.0), (b"*1\r\n:9223372036854775807\r\n", 5.0)])
async def test_a_number_out_of_bounds_is_brought_within_them(answer, debt_s, connect, monkeypatch):
    """No debt is negative, or larger than the largest."""
    monkeypatch.setattr(redis_store, "_client", client_without_greeting)
    async with serving(answer) as port, connect(port) as store:
        assert [debt_s] == await store.add("default", BATCH, [5.0])


CLIENT = redis_store._client


def client_without_greeting(address, _password, ca_file):
    """A client that sends no password, whose answer these servers don't know."""
    return CLIENT(address, "", ca_file)
