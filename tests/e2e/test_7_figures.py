"""What each program of the image needs until it does its work, and in memory: printed, and bounded loosely."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from in_cluster import GATEWAY_NAMESPACE, OPERATOR_NAMESPACE

# Run within the container: when its first process began (Unix time), and what is resident of all its processes.
LOOK = """
import json, os, pathlib
began = sum(int(line.split()[1]) for line in open("/proc/stat") if line.startswith("btime"))
fields = open("/proc/1/stat").read().rpartition(")")[2].split()
mine = {str(os.getpid())}
processes = [path for path in pathlib.Path("/proc").iterdir() if path.name.isdigit() and path.name not in mine]
pages = [int((path / "statm").read_text().split()[1]) for path in processes]
began += int(fields[19]) / os.sysconf("SC_CLK_TCK")
print(json.dumps({"began": began, "mib": sum(pages) * os.sysconf("SC_PAGESIZE") / 2**20, "processes": len(pages)}))
"""
STARTED = {
    "operator": ("everything has been listed",),
    "proxy": ("data plane started",),
    "sync": ("generation installed", "generation found on disk"),
}


@pytest.mark.parametrize(
    ("namespace", "container"),
    [(OPERATOR_NAMESPACE, "operator"), (GATEWAY_NAMESPACE, "proxy"), (GATEWAY_NAMESPACE, "sync")],
)
def test_what_a_program_needs(cluster, walkthrough, say, namespace, container):
    """A minute and a GiB would be a mistake somewhere, whatever the machine."""
    pod = cluster.pods(namespace)[0]["metadata"]["name"]
    where = (f"--namespace={namespace}", f"--container={container}")
    looked = json.loads(cluster.kubectl("exec", pod, *where, "--", "python3", "-c", LOOK, check=True).stdout)
    lines = [json.loads(line) for line in cluster.kubectl("logs", pod, *where, check=True).stdout.splitlines()]
    started = next(line["timestamp"] for line in lines if line["event"] in STARTED[container])
    seconds = datetime.fromisoformat(started).timestamp() - looked["began"]
    say(f"{container}: started in {seconds:.1f} s, {looked['mib']:.0f} MiB resident, {looked['processes']} processes")
    assert 0 < seconds < 60
    assert looked["mib"] < 1024
