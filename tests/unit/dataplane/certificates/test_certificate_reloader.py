"""Certificates that come into force."""

from __future__ import annotations

import asyncio
import ssl

import pytest
import structlog
from msgspec.structs import replace

from postern_core.snapshot_certificates import Certificate
from postern_dataplane.certificates import certificate_reloader as module
from postern_dataplane.certificates.certificate_reloader import CertificateReloader, selecting_context
from postern_dataplane.certificates.certificate_store import CertificateStore
from postern_dataplane.certificates.sni_selector import SniSelector


class Listener:
    """Remembers what it is told, and lets a test wait for it."""

    def __init__(self):
        self.told = asyncio.Queue()

    def certificates_read(self, loaded, refused, ends_at):
        self.told.put_nowait((loaded, refused, sorted(ends_at)))

    async def next(self):
        async with asyncio.timeout(5):
            return await self.told.get()


@pytest.fixture
async def listener():
    return Listener()


@pytest.fixture
async def reloader(tmp_path, make_context, listener, monkeypatch):
    """One that has not looked yet."""
    monkeypatch.setattr(module, "SCAN_INTERVAL_S", 0.001)
    return CertificateReloader(CertificateStore(tmp_path, make_context), make_context, listener)


def shaken(server, authority, name):
    """Shake hands in memory; gives the serial number of the certificate that was shown."""
    client_in, server_in = ssl.MemoryBIO(), ssl.MemoryBIO()
    client_context = authority.client_context()
    client_context.check_hostname = False
    client = client_context.wrap_bio(client_in, server_in, server_hostname=name)
    other = server.wrap_bio(server_in, client_in, server_side=True)
    for _ in range(4):
        for one in (client, other):
            try:
                one.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return int(client.getpeercert()["serialNumber"], 16)


async def test_what_is_there_at_the_start_is_in_force(reloader, listener, authority, put):
    """A certificate that exists at the start is in force, and reported with its end."""
    pair = authority.issue("a.test")
    put("a", pair)
    await reloader.start()
    assert (1, 0, ["a"]) == await listener.next()
    assert pair.serial == shaken(reloader.context, authority, "a.test")


async def test_nothing_at_the_start_is_told_too(reloader, listener):
    """There is no context then, and the log says what follows."""
    with structlog.testing.capture_logs() as logged:
        await reloader.start()
    assert ((0, 0, []), None) == (await listener.next(), reloader.context)
    assert ["no certificate can be served: every handshake fails"] == [line["event"] for line in logged]


@pytest.fixture
async def running(reloader, listener, authority, put):
    """One that has a certificate and follows changes."""
    put("a", authority.issue("a.test"))
    await reloader.start()
    await listener.next()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(reloader.run())
        yield reloader
        task.cancel()


async def test_a_change_comes_into_force(running, listener, authority, put):
    """In a context of its own; a handshake that has the old one ends with that."""
    before, pair = running.context, authority.issue("a.test")
    put("a", pair)
    while (await listener.next())[0] == 0:  # seen between the two files
        pass
    assert pair.serial == shaken(running.context, authority, "a.test")
    assert pair.serial != shaken(before, authority, "a.test")


async def test_a_mistake_changes_nothing(running, listener, tmp_path):
    """It is told, with what still serves."""
    before = running.context
    with structlog.testing.capture_logs() as logged:
        (tmp_path / "a" / "tls.crt").unlink()
        assert (0, 1, ["a"]) == await listener.next()
    assert before is running.context
    [line] = logged
    assert ("error", "a", "tls.crt is missing", True) == tuple(
        line[name] for name in ("log_level", "certificate", "error", "the_last_one_serves")
    )


async def test_keys_of_tickets_do_not_live_for_ever(running, monkeypatch):
    """Without a change a context is made anew after a time."""
    before = running.context
    monkeypatch.setattr(module, "TICKET_KEY_S", 0.0)
    async with asyncio.timeout(5):
        while running.context is before:  # noqa: ASYNC110 # nobody tells
            await asyncio.sleep(0)


async def test_keys_of_tickets_end_where_only_a_listener_of_the_snapshot_speaks_tls(reloader, authority, monkeypatch):
    """There is nothing to read at the start then, and tables may not come for days."""
    pair = authority.issue("a.test")
    entry = Certificate("s", "n", ("a.test",), pair.chain.decode(), pair.key.decode())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(reloader.run())
        reloader.follow(lambda _name: entry, {"s": entry})
        before = reloader.context
        monkeypatch.setattr(module, "TICKET_KEY_S", 0.0)
        async with asyncio.timeout(5):
            while reloader.context is before:  # noqa: ASYNC110 # nobody tells
                await asyncio.sleep(0)
        task.cancel()


async def test_two_of_one_name_are_told(reloader, authority, put):
    """Whoever runs it has to decide."""
    for folder in ("a", "b"):
        put(folder, authority.issue("x.test"))
    with structlog.testing.capture_logs() as logged:
        await reloader.start()
    told = [line for line in logged if line["log_level"] == "warning"]
    assert [("x.test", "a", "b")] == [(line["name"], line["serves"], line["passed_over"]) for line in told]


def test_without_any_certificate_a_handshake_fails(authority, make_context):
    """There is nothing to show."""
    with pytest.raises(ssl.SSLError):
        shaken(selecting_context(SniSelector([]), make_context), authority, "a.test")


def certificate(name, pair):
    return Certificate(
        id=f"Secret/n/{name}", namespace="n", names=(name,), chain_pem=pair.chain.decode(), key_pem=pair.key.decode(),
        not_after=1.0,
    )  # fmt: skip


def follow(reloader, *certificates):
    """Have it follow a snapshot with these, each for the name of its Secret."""
    known = {it.id: it for it in certificates}
    reloader.follow(lambda name: known.get(f"Secret/n/{name}"), known)


async def test_a_certificate_of_the_snapshot_comes_before_one_of_the_disk(running, listener, authority):
    """Of one name the snapshot's is shown, of all others the disk's, and all of them once the snapshot has none."""
    pair, before = authority.issue("a.test"), shaken(running.context, authority, "a.test")
    follow(running, certificate("a.test", pair))
    assert (1, 0, ["Secret/n/a.test", "a"]) == await listener.next()
    assert pair.serial == shaken(running.context, authority, "A.test")
    assert before == shaken(running.context, authority, "other.test")
    follow(running)
    assert (0, 0, ["a"]) == await listener.next()
    assert before == shaken(running.context, authority, "a.test")


async def test_certificates_of_the_snapshot_need_none_on_the_disk(reloader, listener, authority):
    """Without one of its own a gateway refuses a client that asks for another name, or for none."""
    pair = authority.issue("a.test")
    follow(reloader, certificate("a.test", pair))
    assert pair.serial == shaken(reloader.context, authority, "a.test")
    for name in ("b.test", None):
        with pytest.raises(ssl.SSLError, match="callback failed"):
            shaken(reloader.context, authority, name)
    follow(reloader)
    assert reloader.context is None


async def test_the_certificates_that_end_first_are_reported(reloader, listener, authority, monkeypatch):
    """Each is a series of every pod, so that not all of ten thousand are."""
    monkeypatch.setattr(module, "REPORTED_MAX", 1)
    pair = authority.issue("a")
    later = replace(certificate("b", pair), not_after=2.0)
    follow(reloader, later, certificate("a", pair))
    assert (2, 0, ["Secret/n/a"]) == await listener.next()
