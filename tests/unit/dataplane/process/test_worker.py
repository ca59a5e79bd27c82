"""What only a worker does; how it serves is seen in `test_main`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from types import SimpleNamespace

import structlog

from postern_dataplane.process.worker import Worker, _report_exception, _report_unraisable, listener_for, share_of
from postern_dataplane.settings import Settings
from postern_dataplane.sockets import Listeners
from postern_dataplane.telemetry import definitions
from postern_dataplane.telemetry.events import RequestRecord
from postern_kit.addresses import Address


def test_a_worker_does_without_click():
    """A worker gets its settings as a value, so the memory of the library that reads options is saved."""
    code = "import sys, postern_dataplane.process.worker; sys.exit('click' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode


def test_what_nobody_caught_is_logged_without_its_text():
    """The loop would show a request's bytes."""
    loop = asyncio.new_event_loop()
    with structlog.testing.capture_logs() as logged:
        _report_exception(loop, {"message": "data_received(b'eyJ')", "exception": ValueError("eyJ")})
        _report_exception(loop, {"message": "data_received(b'eyJ')"})
    loop.close()
    assert ["ValueError", None] == [line.get("exception") for line in logged]
    assert "eyJ" not in str(logged)


def test_what_could_not_be_raised_is_logged_without_its_text():
    """Python would show the object, which may be what a client has said; a name in bytes that are none is no news."""
    with structlog.testing.capture_logs() as logged:
        for error in (ValueError("eyJ"), UnicodeDecodeError("ascii", b"eyJ", 0, 1, "eyJ")):
            _report_unraisable(SimpleNamespace(exc_value=error, object=b"eyJ"))
    assert ["ValueError"] == [line["exception"] for line in logged]
    assert "eyJ" not in str(logged)


def test_an_entrance_knows_its_way():
    """With a redirect, clients without TLS reach nothing but the way to TLS."""
    tls = {"listen_tls": Address("::", 8443), "certificates": "/c"}
    plain, redirecting = (Settings(config="/", redirect_to_https=port, **tls) for port in (0, 443))
    entrances = [listener_for(settings, is_tls=is_tls) for settings in (plain, redirecting) for is_tls in (0, 1)]
    assert [False, True, False, True] == [bool(one.is_tls) for one in entrances]
    assert [None, None, 443, None] == [one.redirects_to for one in entrances]


def test_a_limit_is_shared_by_all_workers_of_all_pods():
    """Where their number is not known, a pod's own workers share it."""
    assert [0.125, 0.25, 0.25, 1.0] == [share_of(4, pods=2), share_of(4, pods=1), share_of(4, pods=0), share_of(1, 0)]


class Sent(list):
    """Keeps the messages of a worker."""

    send = list.append

    async def close(self, _timeout_s):
        """Nothing waits."""


async def test_the_last_messages_hold_all_that_was_counted(tmp_path):
    """The durations of 5,000 routes, called within the last second, are reported before the worker ends."""
    sent = Sent()
    worker = Worker(Settings(config=str(tmp_path)), Listeners(None), sent, None)
    for number in range(5_000):
        worker._counters.request_done(RequestRecord("GET", "a", "/", "", route=f"a/{number}", status=200))
    await worker._say_goodbye()
    durations = [sum(it.histograms[definitions.REQUEST_DURATION.name].counts) for it in sent]
    assert (5_000, 3) == (sum(durations), len(sent))
