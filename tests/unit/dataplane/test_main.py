"""A whole data plane, as a process: started, fed, broken and stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path

import pytest

from postern_dataplane import __main__ as program


def is_running(pid):
    """Whether a process does anything: one that only waits for its parent to ask how it ended doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_it_serves_what_is_published_later(folder, publish, data_plane):
    """A data plane that starts first is not ready until there is a snapshot."""
    plane = data_plane("--workers", "1")
    plane.until(lambda: plane.get("/healthz")[0] == 200)
    assert 503 == plane.get("/readyz")[0]
    digest = publish("/a")
    plane.until_ready()
    assert digest == plane.config()["digest"]
    assert 404 == plane.status_of("/elsewhere")


def test_all_workers_take_a_new_snapshot(publish, data_plane):
    """A change on disk reaches every worker, and the digest says so."""
    publish("/a")
    plane = data_plane("--workers", "2").until_ready()
    digest = publish("/a", "/b")
    plane.until(lambda: plane.config()["digest"] == digest)
    assert [digest] * 2 == [worker["digest"] for worker in plane.config()["workers"]]


def test_a_bad_snapshot_changes_nothing_but_is_told(folder, publish, data_plane):
    """The last good one stays in force, and whoever asks learns what was refused."""
    digest = publish("/a")
    plane = data_plane("--workers", "1").until_ready()
    (folder / "index.json").write_bytes(b"{}")
    plane.until(lambda: plane.config()["workers"][0]["refused"])
    assert (digest, 200) == (plane.config()["digest"], plane.get("/readyz")[0])


def test_a_worker_that_dies_is_replaced_and_counted(publish, data_plane):
    """The new worker has a snapshot before it serves; the metrics know that it is new."""
    publish("/a")
    plane = data_plane("--workers", "1").until_ready()
    dead = plane.config()["workers"][0]["pid"]
    os.kill(dead, signal.SIGKILL)
    plane.until(lambda: [worker["pid"] for worker in plane.config()["workers"]] not in ([], [dead]))
    plane.until_ready()
    assert "postern_worker_restarts_total 1.0" in plane.get("/metrics")[1]
    assert 404 == plane.status_of("/elsewhere")


def test_sigterm_ends_it_with_status_0(publish, data_plane):
    """Nothing runs on, nothing listens any more, and no traceback is shown."""
    publish("/a")
    plane = data_plane("--workers", "2").until_ready()
    pids = [worker["pid"] for worker in plane.config()["workers"]]
    status, _, err = plane.stop()
    assert (0, False) == (status, "Traceback" in err)
    assert [] == [pid for pid in pids if is_running(pid)]


def test_the_workers_end_with_their_supervisor(publish, data_plane):
    """A supervisor that is killed leaves nobody behind."""
    publish("/a")
    plane = data_plane("--workers", "1").until_ready()
    pid = plane.config()["workers"][0]["pid"]
    plane.process.kill()
    plane.until(lambda: not is_running(pid))


def test_it_ends_with_its_standard_input_when_asked_to(publish, data_plane):
    """Whoever started it may have been killed, with all ends of its pipes, and its addresses are free again."""
    publish("/a")
    plane = data_plane("--workers", "1", "--end-with-stdin").until_ready()
    for stream in ("stderr", "stdout", "stdin"):
        getattr(plane.process, stream).close()
        setattr(plane.process, stream, None)  # `communicate` would read it, or flush it
    assert 0 == plane.process.wait(20)


@pytest.mark.parametrize("option", ["--listen", "--admin"])
def test_an_address_in_use_is_said(folder, data_plane, option):
    """The process ends with status 1 and one clear line."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        plane = data_plane("--workers", "1", option, address)
        _, err = plane.process.communicate(timeout=20)
    said = [json.loads(line)["event"] for line in err.splitlines()]
    assert (1, f"address already in use: {address}") == (plane.process.returncode, said[-1])


def test_what_nobody_expected_is_one_line(monkeypatch, capsys):
    """With status 1, and no traceback."""

    async def fail(_settings):
        raise RuntimeError("secret")

    monkeypatch.setattr(program, "supervise", fail)
    monkeypatch.setattr(program, "configure_logs", lambda: None)
    status = program.main(["--config", "/"])
    assert (1, False) == (status, "secret" in "".join(capsys.readouterr()))


def test_requests_are_counted_and_logged(publish, data_plane):
    """What a client asked for is in the metrics a moment later, and on stdout."""
    publish("/a")
    plane = data_plane("--workers", "1", "--access-log", "on").until_ready()
    plane.status_of("/elsewhere?jwt=secret")
    plane.until(lambda: 'postern_requests_total{route="",status="404"} 1.0' in plane.get("/metrics")[1])
    _, out, err = plane.stop()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [("/elsewhere", 404)] == [(line["path"], line["status"]) for line in lines]
    assert "secret" not in out + err
