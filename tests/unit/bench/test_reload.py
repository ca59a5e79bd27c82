"""What is measured of a reload is one, and of what changes nothing none."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from bench import reload as module
from bench.asking import application
from bench.gateway import manifests
from bench.reload import Load, Site, Weight, settle

OBJECTS = list(manifests(9, 3, 2))
CPU = min(os.sched_getaffinity(0))


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    return Site(folder, json.loads(json.dumps(OBJECTS)), listen=1, admin=2)


def served(site):
    """The objects in the folder, by kind and name."""
    texts = [path.read_text() for path in sorted(site.folder.iterdir())]
    objects = [it for text in texts for it in yaml.safe_load_all(text)]
    return {(it["kind"], it["metadata"]["name"]): it for it in objects}


def test_at_first_one_route_is_served(site):
    """The run begins with one route, so that the cost of the others can be measured."""
    assert [("Consumer", "c"), ("Route", "r1"), ("Secret", "c"), ("Service", "app")] == sorted(served(site))


def test_all_is_added_at_once(site):
    """Nothing twice and nothing lost."""
    site.add_all()
    assert sorted((it["kind"], it["metadata"]["name"]) for it in OBJECTS) == sorted(served(site))
    assert [site.folder] == list(site.folder.parent.iterdir())


def test_an_edit_is_another_path_and_a_touch_is_none(site):
    """The one is served, of the other nobody but the folder knows."""
    paths = [site.save(), site.save()]
    spec = served(site)["Route", "r1"]["spec"]
    site.touch()
    touched = served(site)["Route", "r1"]
    assert paths[0] != paths[1]
    assert [{"type": "Exact", "value": paths[1].removeprefix("/v1")}] == spec["paths"]
    assert (spec, {"touched": "1"}) == (touched["spec"], touched["metadata"]["annotations"])


def test_what_is_served_is_asked_of_the_admin_port(site):
    """By one request a connection."""

    async def ask():
        async with await asyncio.start_server(_admin, "127.0.0.1", 0) as server:
            site.admin = server.sockets[0].getsockname()[1]
            return await site.digest()

    assert "d1" == asyncio.run(ask())


async def _admin(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"GET /config ")
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"digest":"d1"}')
    writer.close()


def test_a_weight_is_what_has_come_since():
    """Time and memory."""
    assert Weight(0.5, 100) == Weight(2.0, 300).since(Weight(1.5, 200))
    assert min(Weight.of(os.getpid()).cpu_s, Weight.of(os.getpid()).resident_bytes) > 0


def test_a_process_is_settled_with_its_threads():
    """On one core, giving way."""
    program = "import sys, threading\nthreading.Thread(target=sys.stdin.read).start()\nprint(flush=True)\n"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline()
        settle(process.pid, CPU, os.SCHED_IDLE)
        tasks = [int(it.name) for it in Path(f"/proc/{process.pid}/task").iterdir()]
        found = {(os.sched_getscheduler(it), frozenset(os.sched_getaffinity(it))) for it in tasks}
        process.communicate()
    assert (2, {(os.SCHED_IDLE, frozenset({CPU}))}) == (len(tasks), found)


async def test_a_load_counts_what_is_done_meanwhile(site):
    """It is done again until all is answered."""
    done = []

    async def meanwhile():
        done.append(None)
        await asyncio.sleep(0)

    one = Load(meanwhile)
    async with await asyncio.start_server(application, "127.0.0.1", 0) as server:
        site.listen = server.sockets[0].getsockname()[1]
        await one.go_on(site, 8)
        await one.go_on(site, 4)
    assert (12, len(done)) == (len(one.seen.took_s), one.times)
    assert done
    assert one.described().startswith("12, failed 0, p50 ")


async def test_a_reload_ends_when_another_snapshot_is_served(site, monkeypatch):
    """Not while workers differ, nor while the old one is served."""
    monkeypatch.setattr(module, "LOOK_UNDER_LOAD_S", 0)
    digests = iter(["old", "old", "None", "new", "never asked"])
    before = served(site)["Route", "r1"]["spec"]

    async def digest():
        return next(digests)

    monkeypatch.setattr(Site, "digest", lambda _: digest())
    await module._reload(site)
    assert "never asked" == next(digests)
    assert before != served(site)["Route", "r1"]["spec"]
