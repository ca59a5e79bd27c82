"""TLS from clients: who gets in by which version, which certificate is shown, and how a connection ends."""

from __future__ import annotations

import ssl
import time

import pytest

import manifests
import raw
from cases import Token
from gateway import logged, open_to
from secure_gateway import NAME, MountedSecret, SecureDataPlane
from tokens import mint
from upstream_behaviours import Download, Gate

# The worker says of each certificate when it ends once it serves it.
EXPIRY = "postern_certificate_expiry_timestamp_seconds"


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream):
    """A gateway with an open route and a protected one, of which clients know three certificates."""
    closed = manifests.route("closed", paths=[{"type": "Prefix", "value": "/closed"}], auth={"jwt": {}})
    people = [manifests.consumer(), manifests.credential(), manifests.secret()]
    served = [*open_to(module_upstream.address), closed, *people]
    options = ("--header-timeout", "2s", "--access-log", "on")
    gateway = start_gateway(served, *options, kind=SecureDataPlane)
    MountedSecret(gateway.certificates / "exact", gateway.authority.issue("a.example.org"))
    MountedSecret(gateway.certificates / "wild", gateway.authority.issue("*.example.org", "b.example.net"))
    for folder in ("default", "exact", "wild"):
        raw.until(lambda folder=folder: gateway.metric(EXPIRY, certificate=folder) > 0, f"the certificate {folder}")
    return gateway


def context(gateway, **settings):
    """A client's context that takes any name."""
    made = gateway.authority.client_context()
    made.check_hostname = False
    for name, value in settings.items():
        setattr(made, name, value)
    return made


def shown_to(gateway, server_name):
    """The names of the certificate that such a client is shown."""
    address = gateway.secure(server_name, context(gateway))
    with raw.Client(address) as client:
        return {name for _, name in client.socket.getpeercert()["subjectAltName"]}


@pytest.mark.parametrize(
    ("asked_for", "shown"),
    [
        ("a.example.org", {"a.example.org"}),
        ("A.Example.ORG", {"a.example.org"}),
        ("other.example.org", {"*.example.org", "b.example.net"}),
        ("b.example.net", {"*.example.org", "b.example.net"}),
        ("example.org", {NAME}),
        ("deep.other.example.org", {NAME}),
        ("nobody.example.com", {NAME}),
        (None, {NAME}),
    ],
)
def test_the_certificate_is_chosen_by_name(asked_for, shown, gateway):
    """An exact name before a wildcard, which stands for one label; who asks for none or another gets the default."""
    assert shown == shown_to(gateway, asked_for)


def test_a_name_is_no_key(gateway, upstream):
    """Whichever certificate was shown, the Host decides about the request: nothing is protected by a name in SNI."""
    address = gateway.secure("a.example.org", context(gateway))
    assert 200 == raw.ask(address, raw.request("/", host=NAME)).status


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_versions_of_today_are_spoken(version, gateway, upstream):
    """With HTTP/1.1 named in ALPN, and nothing compressed."""
    client_context = context(gateway, minimum_version=version, maximum_version=version)
    client_context.set_alpn_protocols(["h2", "http/1.1"])
    with raw.Client(gateway.secure(NAME, client_context)) as client:
        assert 200 == client.ask(raw.request("/")).status
        assert ("http/1.1", None) == (client.socket.selected_alpn_protocol(), client.socket.compression())


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("settings", "ciphers"),
    [
        ({"minimum_version": ssl.TLSVersion.TLSv1_1, "maximum_version": ssl.TLSVersion.TLSv1_1}, "ALL:@SECLEVEL=0"),
        ({"maximum_version": ssl.TLSVersion.TLSv1_2}, "ECDHE-ECDSA-AES128-SHA256"),
        ({"maximum_version": ssl.TLSVersion.TLSv1_2}, "AES128-GCM-SHA256"),
    ],
    ids=["TLS 1.1", "a cipher without authentication", "a key exchange that keeps nothing secret later"],
)
def test_what_is_weak_is_refused(settings, ciphers, gateway):
    """The handshake fails, and is counted."""
    before = gateway.metric("postern_tls_handshakes_total", result="refused")
    client_context = context(gateway, **settings)
    client_context.set_ciphers(ciphers)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        raw.Client(gateway.secure(NAME, client_context))
    gateway.until_metric(before + 1, "postern_tls_handshakes_total", result="refused")


def test_a_version_may_be_asked_for(start_gateway, module_upstream):
    """With 1.3 as the oldest, 1.2 is refused."""
    gateway = start_gateway(open_to(module_upstream.address), "--tls-min-version", "1.3", kind=SecureDataPlane)
    assert 200 == raw.ask(gateway.listen, raw.request("/")).status
    with pytest.raises((ssl.SSLError, ConnectionError)):
        raw.Client(gateway.secure(NAME, context(gateway, maximum_version=ssl.TLSVersion.TLSv1_2)))


def test_a_token_counts_as_without_tls(gateway, upstream):
    """A good one passes, a bad one and none are refused."""
    good = mint(Token(secret=manifests.SECRET, claims={"key": "alice", "exp": "now+3600"}), time.time(), {})
    bad = mint(Token(secret="x" * 32, claims={"key": "alice", "exp": "now+3600"}), time.time(), {})
    with raw.Client(gateway.listen) as client:
        lines = [[f"Authorization: Bearer {good}"], [f"Authorization: Bearer {bad}"], []]
        assert [200, 401, 401] == [client.ask(raw.request("/closed", *line)).status for line in lines]
    assert 1 == len(upstream.requests)


def test_the_upstream_is_told_of_tls(gateway, upstream):
    """By the scheme, and its own port where the client names none, on both entrances."""
    for address in (gateway.listen, gateway.plain):
        assert 200 == raw.ask(address, raw.request("/")).status
    told = [(seen.fields["x-forwarded-proto"], seen.fields["x-forwarded-port"]) for seen in upstream.requests]
    assert [("https", "443"), ("http", "80")] == told


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01"], ids=["nothing", "half a handshake"])
def test_a_handshake_that_stands_still_is_cut(said, gateway):
    """It takes a place as every connection does, and after the header time-out it is given up."""
    before = gateway.metric("postern_tls_handshakes_total", result="timeout")
    with raw.Client(gateway.listen[:2]) as client:
        client.send(said)
        gateway.until_metric(1, "postern_connections")
        assert b"" == client.rest()
    gateway.until_metric(before + 1, "postern_tls_handshakes_total", result="timeout")
    gateway.until_metric(0, "postern_connections")


def test_who_leaves_in_a_handshake_is_forgotten(gateway):
    """A client that leaves during the handshake is forgotten, and counted."""
    before = gateway.metric("postern_tls_handshakes_total", result="left")
    raw.Client(gateway.listen[:2]).close()
    gateway.until_metric(before + 1, "postern_tls_handshakes_total", result="left")
    gateway.until_metric(0, "postern_connections")


def test_half_open_connections_are_counted(start_gateway, module_upstream):
    """Those who fill all places with half a handshake keep others out for the header time-out, and no longer."""
    options = ("--max-connections", "2", "--header-timeout", "4s")
    gateway = start_gateway(open_to(module_upstream.address), *options, kind=SecureDataPlane)
    with raw.Client(gateway.listen[:2]) as first, raw.Client(gateway.listen[:2]) as second:
        gateway.until_metric(2, "postern_connections")
        for address in (gateway.plain, gateway.listen):
            answer = raw.ask(address, raw.request("/"))
            assert (503, "Too many connections") == (answer.status, answer.message)
        assert [b"", b""] == [first.rest(), second.rest()]
        raw.until(lambda: raw.ask(gateway.listen, raw.request("/")).status == 200, "room again")


def test_http_without_tls_gets_no_answer(gateway):
    """The port speaks TLS and nothing else."""
    assert b"" == raw.everything(gateway.listen[:2], raw.request("/"))


def test_a_name_in_strange_bytes_leaves_no_trace_of_them(gateway):
    """Bytes that are no name fail their handshake; what they were is not printed."""
    hello = client_hello(b"\xff\xfecanary")
    assert b"HTTP" not in raw.everything(gateway.listen[:2], hello)
    assert 200 == raw.ask(gateway.listen, raw.request("/")).status
    assert "canary" not in gateway.said()
    assert "Traceback" not in gateway.said()
    assert [] == [line for line in gateway.err.read_text().splitlines() if not line.startswith("{")]


def client_hello(server_name):
    """What a client says first, with these bytes as the name it asks for."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    placeholder = "a" * len(server_name)
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    connection = client_context.wrap_bio(incoming, outgoing, server_hostname=placeholder)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    hello = outgoing.read()
    assert placeholder.encode() in hello
    return hello.replace(placeholder.encode(), server_name)


def test_a_client_that_has_said_goodbye_is_not_written_for(gateway, upstream):
    """Its request is cancelled upstream, although it goes on holding the connection, and nobody logs each write."""
    download = Download(2**26)
    upstream.on("/down", download)
    with raw.Client(gateway.listen, receive_buffer=4096) as client:
        client.send(raw.request("/down"))
        raw.until_still(lambda: download.sent)
        client.socket.setblocking(False)
        with pytest.raises((ssl.SSLWantReadError, ssl.SSLError)):
            client.socket.unwrap()
        raw.until(lambda: {"client_closed"} == reasons(gateway, "/down"), "the request to be cancelled")
    assert download.sent < 2**26
    assert "SSL connection is closed" not in gateway.said()


def reasons(gateway, path):
    return {line["reason"] for line in logged(gateway.out.read_text()) if line.get("path") == path}


def test_a_slow_reader_gets_its_last_answer_whole(gateway, upstream):
    """The connection ends in order after an answer that takes longer than a goodbye may."""
    upstream.on("/down", Download(2**22))
    with raw.Client(gateway.listen, receive_buffer=4096) as client:
        client.send(raw.request("/down", "Connection: close"))
        client.until(b"\r\n\r\n")
        received, began_s = 0, time.monotonic()
        while part := client.exactly(2**16):
            received += len(part)
            if time.monotonic() - began_s < 3:
                time.sleep(0.05)
    assert 2**22 == received


def test_a_session_may_be_resumed(gateway):
    """A worker knows its own tickets."""
    client_context = context(gateway, maximum_version=ssl.TLSVersion.TLSv1_2)
    with raw.Client(gateway.secure(NAME, client_context)) as client:
        assert 200 == client.ask(raw.request("/")).status
        session = client.socket.session
    with raw.Client(gateway.listen[:2]) as plain:
        again = client_context.wrap_socket(plain.socket, server_hostname=NAME, session=session)
        assert again.session_reused
        again.close()


def test_it_stops_when_the_running_requests_have_ended(start_gateway, module_upstream, upstream):
    """On SIGTERM who waits is let go, and who was asking gets the answer; a handshake that had begun may ask too."""
    gateway = start_gateway(open_to(module_upstream.address), kind=SecureDataPlane, workers=2)
    gate = Gate()
    upstream.on("/slow", gate)
    with (
        raw.Client(gateway.listen) as running,
        raw.Client(gateway.listen) as idle,
        raw.Client(gateway.listen[:2]) as half,
    ):
        assert 200 == idle.ask(raw.request("/")).status
        running.send(raw.request("/slow"))
        upstream.until_requests(2)
        gateway.until_metric(3, "postern_connections")
        gateway.terminate()
        assert b"" == idle.rest()
        half.socket = gateway.authority.client_context().wrap_socket(half.socket, server_hostname=NAME)
        last = half.ask(raw.request("/"))
        assert (200, "close") == (last.status, last.value("Connection"))
        gate.open()
        answer = running.answer()
        assert (200, "close", b"") == (answer.status, answer.value("Connection"), running.rest())
    assert 0 == gateway.wait()
