"""`postern run`: its options, and one real run."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from manifests import route, service
from postern_cli import run as module
from postern_core.snapshot_listeners import Listener

POSTERN = Path(sys.executable).parent / "postern"
LOOPBACK_IS_ALLOWED = "--allowed-upstreams=loopback,own"


@pytest.fixture
def sessions(monkeypatch):
    """The settings of the sessions that were started, none of which does anything."""
    started = []

    class FakeSession:
        def __init__(self, settings):
            started.append(settings)

        async def run(self):
            return 3

    monkeypatch.setattr(module, "Session", FakeSession)
    monkeypatch.setattr(module.gc, "set_threshold", lambda _: None)
    return started


def test_the_options_go_to_the_data_plane(postern, sessions, folder):
    """Those that are not given are its own to choose."""
    done = postern("run", folder.path, "--gateway", "internal", "--workers", "2", "--listen", "[::1]:8080")

    assert 3 == done.exit_code
    assert ("internal", (folder.path,)) == (sessions[0].gateway, sessions[0].paths)
    assert {"--listen=[::1]:8080", "--workers=2"} == set(sessions[0].arguments) - {LOOPBACK_IS_ALLOWED}


def test_applications_of_this_machine_may_be_upstreams(postern, sessions, folder):
    """Local mode allows loopback, and what is given instead counts."""
    postern("run", folder.path)
    postern("run", folder.path, "--allowed-upstreams", "own,10.0.0.0/8")
    refused = postern("run", folder.path, "--allowed-upstreams", "anything")

    first, other = (session.arguments for session in sessions)
    assert LOOPBACK_IS_ALLOWED in first
    assert ["--allowed-upstreams=own,10.0.0.0/8"] == [it for it in other if "upstreams" in it]
    assert (2, True) == (refused.exit_code, "'anything' is neither one of metadata, loopback" in refused.output)


def test_options_that_need_each_other_go_together(postern, sessions, folder):
    """An address for TLS and the certificates for it."""
    done = postern("run", folder.path, "--listen-tls", "127.0.0.1:0", "--certificates", "c")

    assert 3 == done.exit_code
    assert {"--listen-tls=127.0.0.1:0", "--certificates=c"} <= set(sessions[0].arguments)


def test_listeners_are_those_of_the_gateway(postern, sessions, folder):
    """They are a part of the snapshot, so that the data plane has no option for them."""
    done = postern("run", folder.path, "--gateway", "g", "--listener", "a=http://*:81", "--listener=b=https://x.y:82")

    assert 3 == done.exit_code
    expected = (Listener("Listener/g/a", "HTTP", 81, 81), Listener("Listener/g/b", "HTTPS", 82, 82, "x.y"))
    assert (expected, (LOOPBACK_IS_ALLOWED,)) == (sessions[0].listeners, sessions[0].arguments)


def test_an_option_may_be_in_the_environment(postern, sessions, folder):
    """By the name of the command and its own."""
    postern("run", folder.path, env={"POSTERN_RUN_LISTEN": "127.0.0.1:8080"})

    assert "--listen=127.0.0.1:8080" in sessions[0].arguments


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("--listen=8080", "Invalid value for '--listen': '8080' is not HOST:PORT"),
        ("--admin=127.0.0.1:99999", "is not a port"),
        ("--workers=0", "is not a number of 1 or more"),
        ("--workers=--x", "is not a number of 1 or more"),
        ("--trusted-proxies=10.0.0.0/99", "write networks as"),
        ("--access-log=2", "neither off, on nor a share"),
        ("--listen-tls=8443", "is not HOST:PORT"),
        ("--max-headers=0", "is not a number of 1 or more"),
        ("--redirect-to-https=443", "--redirect-to-https needs --listen-tls"),
        ("--listener=8081", "Invalid value for '--listener': '8081' is not a listener"),
    ],
)
def test_what_the_data_plane_would_refuse_is_refused(postern, sessions, folder, given, words):
    """In its words, before anything is started."""
    done = postern("run", folder.path, given)

    assert (2, []) == (done.exit_code, sessions)
    assert words in " ".join(done.stderr.split())


def test_listeners_that_do_not_go_together_are_refused(postern, sessions, folder):
    """Before anything is started."""
    done = postern("run", folder.path, "--listener=a=http://*:81", "--listener=b=https://x:81")

    assert (2, []) == (done.exit_code, sessions)
    assert "--listener: listeners 'a' and 'b': port 81 has one protocol" in done.stderr


def run(folder, *options):
    """A real run, on ports that are free."""
    return subprocess.Popen(
        [POSTERN, "run", folder, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--workers", "1", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"NO_COLOR": "1"},
    )


def line_with(process, words):
    for line in process.stdout:
        if words in line:
            return line
    raise AssertionError(f"the run ended without saying {words!r}")


def status_of(url):
    request = urllib.request.Request(url, headers={"Host": "app.example.com"})
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_run_serves_reloads_and_ends_well(folder):
    """A protected route appears at the save, and SIGTERM ends it all with 0."""
    folder.write(service(auth={"jwt": {}}), name="service.yaml")
    with run(folder.path) as process:
        address = line_with(process, "Serving on").split()[2].rstrip(";")
        line_with(process, "In force")
        assert 404 == status_of(address)
        folder.write(route(), name="route.yaml")
        line_with(process, "In force")
        assert 401 == status_of(address)
        process.send_signal(signal.SIGTERM)
        line_with(process, "Stopping")
        assert 0 == process.wait(20)


def test_an_address_that_is_taken_is_told_in_words(folder):
    """An address in use ends the run with status 1 and a message, without a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with run(folder.path, "--listen", address) as process:
            said = process.stdout.read()
            assert 1 == process.wait(20)

    assert f"address already in use: {address}" in said
    assert "Traceback" not in said
