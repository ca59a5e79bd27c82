"""What only `postern run` does: secrets that are made once, files of all sorts, and mistakes told in words."""

from __future__ import annotations

import json
import stat
import subprocess
from contextlib import closing

import pytest
import yaml

import manifests
import raw
from gateway import POSTERN, Local, open_to


def token_for(name, folder, *options):
    """What `postern token` prints, and that is nothing else."""
    done = subprocess.run(
        [POSTERN, "token", "--credential", name, "--ttl", "1h", *options, folder],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "" == done.stderr
    return done.stdout.strip()


def statuses(gateway, *tokens):
    return [
        raw.ask(gateway.listen, raw.request("/", f"Authorization: Bearer {token}")).status for token in (*tokens, "x")
    ]


@pytest.fixture
def served(module_upstream):
    """A protected Service, and alice, whose secret has to be made."""
    service, route = open_to(module_upstream.address)
    service["spec"]["auth"] = {"jwt": {}}
    credential = manifests.credential()
    del credential["spec"]["keys"]
    return [service, route, manifests.consumer(), credential]


def test_a_secret_is_made_once(served, tmp_path):
    """Tokens by it are good at once, and after a restart; nobody but the owner can read it."""
    with closing(Local(tmp_path)) as gateway:
        gateway.serve(served)
        token = token_for("alice", gateway.manifests)
        assert [200, 401] == statuses(gateway, token)
        kept = gateway.manifests / ".postern"
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (kept, kept / "secrets.json")]
        assert [0o700, 0o600] == modes
    with closing(Local(tmp_path)) as gateway:
        assert [200, 200, 401] == statuses(gateway, token, token_for("alice", gateway.manifests))


def test_a_host_stays_with_its_namespace_after_a_restart(served, tmp_path):
    """Another that names it too, and would come first by its name, gets nothing."""
    thief = [
        manifests.service("thief", namespace="a", upstream={"url": "http://127.0.0.1:9"}),
        manifests.route("thief", namespace="a", serviceRef={"name": "thief"}, auth={"jwt": {"mode": "Disabled"}}),
    ]
    with closing(Local(tmp_path)) as gateway:
        gateway.serve(served)
        assert [401] == statuses(gateway)
        gateway.serve([*served, *thief])
        assert [401] == statuses(gateway)
        assert 0o600 == stat.S_IMODE((gateway.manifests / ".postern/grants-default.json").stat().st_mode)
    with closing(Local(tmp_path)) as gateway:
        assert [401] == statuses(gateway)


def test_manifests_may_be_anywhere_in_the_folder(served, tmp_path):
    """In subfolders, as JSON, in lists, beside kinds of others; what is hidden doesn't count."""
    service, route, consumer, credential = served
    with closing(Local(tmp_path)) as gateway:
        folder = gateway.manifests
        (folder / "people").mkdir()
        (folder / ".hidden").mkdir()
        people = {"apiVersion": "v1", "kind": "List", "items": [consumer, credential]}
        (folder / "people/all.json").write_text(json.dumps(people))
        foreign = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
        (folder / "app.yml").write_text(yaml.safe_dump_all([foreign, service]))
        (folder / ".hidden/open.yaml").write_text(
            yaml.safe_dump(manifests.route("open", auth={"jwt": {"mode": "Disabled"}}))
        )
        (folder / "notes.txt").write_text("no manifest")
        gateway.serve([route])
        token = token_for("alice", folder)
        raw.until(lambda: statuses(gateway, token) == [200, 401], "all manifests to count")
        assert "Deployment" in gateway.said()


def test_a_file_that_goes_takes_its_objects_along(served, tmp_path):
    """Its routes are gone within a moment."""
    with closing(Local(tmp_path)) as gateway:
        (gateway.manifests / "more.yaml").write_text(yaml.safe_dump_all(served))
        raw.until(lambda: statuses(gateway) == [401], "the route to be there")
        (gateway.manifests / "more.yaml").unlink()
        raw.until(lambda: statuses(gateway) == [404], "the route to go")


def test_conditions_are_printed_and_no_secret(served, tmp_path):
    """The table names each object and what is wrong with it."""
    with closing(Local(tmp_path)) as gateway:
        gateway.serve([*served, manifests.route("lost", serviceRef={"name": "nowhere"}), manifests.secret()])
        raw.until(lambda: "ServiceNotFound" in gateway.said(), "the table")
        assert "lost" in gateway.said()
        assert manifests.SECRET not in gateway.said()


def test_a_taken_port_is_told_in_words(tmp_path, module_upstream):
    """It ends with an error that names the address, without a traceback."""
    taken = "{}:{}".format(*module_upstream.address)
    done = subprocess.run(
        [POSTERN, "run", tmp_path, "--listen", taken, "--admin", "127.0.0.1:0"],
        capture_output=True,
        text=True,
        timeout=raw.PATIENCE_S,
        check=False,
    )
    assert done.returncode not in (0, None)
    assert taken in done.stderr
    assert "Traceback" not in done.stderr
