"""Certificates that change while clients are served: no connection notices, and a bad one never replaces a good one."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

import raw
from certificates import Authority, Pair
from gateway import logged, open_to
from load import Load
from secure_gateway import NAME, MountedSecret, SecureDataPlane

RENEWALS = 5


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream):
    """A gateway of two workers, with one certificate that is good."""
    return start_gateway(open_to(module_upstream.address), kind=SecureDataPlane, workers=2)


def serial(gateway, name=NAME):
    """Which certificate a new connection is shown."""
    context = gateway.authority.client_context()
    context.check_hostname = False
    with raw.Client(gateway.secure(name, context)) as client:
        return int(client.socket.getpeercert()["serialNumber"], 16)


@contextlib.contextmanager
def told(gateway, event, folder="default"):
    """What is done in the context makes both workers tell this of a certificate; gives their lines, afterwards."""
    before, found = len(gateway.err.read_text()), []

    def lines():
        said = logged(gateway.err.read_text()[before:])
        return [one for one in said if (one["event"], one.get("certificate")) == (event, folder)]

    yield found
    raw.until(lambda: len({line["worker"] for line in lines()}) == 2, f"both workers to say: {event}")
    found += lines()


def change(gateway, pair):
    """Mount another pair as the default, and wait until both workers show it."""
    with told(gateway, "certificate loaded"):
        gateway.default.put(pair)
    assert {pair.serial} == {serial(gateway) for _ in range(8)}


def test_a_renewal_is_shown_and_disturbs_nobody(gateway, upstream):
    """Requests on new connections and on one that stays, over several renewals: not one fails, and the one stays."""
    address = gateway.listen
    loaded = gateway.metric("postern_certificate_reloads_total", result="loaded")
    with raw.Client(address) as kept, Load(lambda: raw.ask(address, raw.request("/new")).status) as load:
        first = kept.socket.getpeercert()["serialNumber"]
        with Load(lambda: kept.ask(raw.request("/kept")).status) as kept_load:
            for _ in range(RENEWALS):
                change(gateway, gateway.authority.issue(NAME))
        assert first == kept.socket.getpeercert()["serialNumber"]
    assert ([], []) == (load.failed, kept_load.failed)
    assert min(load.asked, kept_load.asked) > RENEWALS
    gateway.until_metric(loaded + 2 * RENEWALS, "postern_certificate_reloads_total", result="loaded")


OTHER = Authority("another CA")
AHEAD = datetime.now(UTC) + timedelta(days=30)
# What is wrong, made from a good pair and another good one, and how it is told.
BROKEN = {
    "another key": (lambda a, b: Pair(a.chain, b.key, 0), "tls.key is not the key of tls.crt"),
    "no certificate": (lambda a, _: Pair(b"nonsense", a.key, 0), "tls.crt holds no certificate in PEM form"),
    "no key": (lambda a, _: Pair(a.chain, b"nonsense", 0), "tls.crt and tls.key can't be used: "),
    "half a file": (lambda a, _: Pair(a.chain[: len(a.chain) // 2], a.key, 0), "tls.crt holds no certificate"),
    "nothing": (lambda _a, _b: Pair(b"", b"", 0), "tls.crt holds no certificate in PEM form"),
    "an end": (lambda _a, _b: OTHER.issue(NAME, ended=True), "it has expired on 2026-01-02 00:00 UTC"),
    "a beginning": (lambda _a, _b: OTHER.issue(NAME, begins=AHEAD), "it is not valid before "),
}


@pytest.mark.parametrize(("broken", "said"), [pytest.param(*it, id=name) for name, it in BROKEN.items()])
def test_a_broken_pair_replaces_nothing(broken, said, gateway, upstream):
    """The last good one is shown, the mistake is told without a word of the key, and the next good one heals it."""
    before, metric = serial(gateway), "postern_certificate_reloads_total"
    counted = gateway.metric(metric, result="refused")
    pair = broken(gateway.authority.issue(NAME), gateway.authority.issue(NAME))
    with told(gateway, "certificate refused") as lines:
        gateway.default.put(pair)
    assert [True, True] == [line["error"].startswith(said) for line in lines]
    assert {before} == {serial(gateway) for _ in range(8)}
    assert 200 == gateway.get("/readyz").status
    gateway.until_metric(counted + 2, metric, result="refused")
    assert not any(line in gateway.said() for line in pair.key.decode().splitlines() if len(line) > 20)
    change(gateway, gateway.authority.issue(NAME))


def test_a_folder_that_is_gone_takes_nothing_away(gateway, upstream):
    """Its certificate is shown until the process ends, and the others are not touched."""
    pair = gateway.authority.issue("b.example.com")
    before = serial(gateway)
    with told(gateway, "certificate loaded", "other"):
        mounted = MountedSecret(gateway.certificates / "other", pair)
    with told(gateway, "certificate refused", "other") as lines:
        mounted.folder.rename(gateway.certificates / ".gone")
    assert {"tls.crt is missing"} == {line["error"] for line in lines}
    assert [pair.serial, before] == [serial(gateway, name) for name in ("b.example.com", NAME)]


def test_files_may_be_written_in_place(gateway, upstream):
    """Where no kubelet swaps links, a pair is taken once both files belong together."""
    folder, old, new = gateway.certificates / "plain", *(gateway.authority.issue("c.example.com") for _ in range(2))
    folder.mkdir()
    for pair in (old, new):
        with told(gateway, "certificate loaded", "plain"):
            (folder / "tls.crt").write_bytes(pair.chain)
            (folder / "tls.key").write_bytes(pair.key)
        assert {pair.serial} == {serial(gateway, "c.example.com") for _ in range(8)}


def test_a_certificate_s_end_can_be_watched(gateway):
    """By its folder, in seconds since the epoch."""
    metric = "postern_certificate_expiry_timestamp_seconds"
    ends = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=36_500)
    assert ends.timestamp() == gateway.metric(metric, certificate="default")


def test_without_any_certificate_it_is_not_ready(start_gateway, module_upstream):
    """Nobody gets in by TLS, the readiness probe says why, and the first certificate heals it without a restart."""
    gateway = start_gateway([], kind=WithoutCertificate)
    gateway.serve(open_to(module_upstream.address))
    answer = gateway.get("/readyz")
    assert (503, "1 of 1 workers have no certificate") == (answer.status, answer.json()["reason"])
    with pytest.raises(OSError, match=r"reset|EOF|closed"):
        raw.Client(gateway.listen)
    gateway.until_metric(1, "postern_tls_handshakes_total", result="no_certificate")
    pair = gateway.authority.issue(NAME)
    gateway.default.put(pair)
    raw.until(lambda: gateway.get("/readyz").status == 200, "it to be ready")
    assert 200 == raw.ask(gateway.listen, raw.request("/")).status


class WithoutCertificate(SecureDataPlane):
    """One whose only certificate has ended before it starts."""

    def mounted(self):
        return self.authority.issue(NAME, ended=True)


def test_two_certificates_of_one_name_are_told(gateway):
    """The one that lasts longest serves, whatever the folders are called."""
    before = serial(gateway)
    MountedSecret(
        gateway.certificates / "a-second", gateway.authority.issue(NAME, begins=datetime(2025, 1, 1, tzinfo=UTC))
    )
    raw.until(lambda: clashes(gateway), "the clash to be told")
    assert {(NAME, "default", "a-second")} == clashes(gateway)
    assert {before} == {serial(gateway) for _ in range(8)}


def clashes(gateway):
    told = [line for line in logged(gateway.err.read_text()) if line["event"] == "two certificates have one name"]
    return {(line["name"], line["serves"], line["passed_over"]) for line in told}
