"""Each example runs: the walkthrough whole, the others through `postern validate`."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from strict_validation import assert_valid

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("[0-9]*") if path.is_dir())


def run(*command: str | Path, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    # Without colour, whatever the terminal of whoever runs the tests can do.
    environment = os.environ | {"NO_COLOR": "1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
    )


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_valid(folder):
    """`postern validate --strict` finds nothing wrong in it, and nothing that never works; no key is fetched."""
    assert_valid(folder)


def test_the_walkthrough_is_what_the_readme_shows():
    """`make demo ONCE=1` plays every step and ends with 0, and prints every line of the README's walkthrough."""
    listen, admin = free_address(), free_address()
    done = run(sys.executable, "-m", "examples.walkthrough", "--once", "--listen", listen, "--admin", admin)
    assert "Every answer was as it should be." in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0
    printed = undated(done.stdout.replace(listen, "127.0.0.1:9080")).splitlines()
    assert [] == [line for line in lines_of_the_readme() if line not in printed]


def lines_of_the_readme() -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    lines = [undated(line) for block in blocks for line in block.splitlines() if line != "..."]
    assert lines
    return lines


def undated(text: str) -> str:
    """The same without what differs from day to day, and from machine to machine."""
    text = re.sub(r"--expires \d{4}-\d\d-\d\d", "--expires DATE", text)
    return re.sub(r"\$\(\S*bin/postern ", "$(postern ", text)


def test_a_taken_port_is_told_in_words():
    """The walkthrough says which address is taken and what to do, without a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run(sys.executable, "-m", "examples.walkthrough", "--once", "--listen", address)
    assert done.returncode == 1
    assert f"demo: {address} can't be used" in done.stderr
    assert "make demo LISTEN=" in done.stderr
    assert "Traceback" not in done.stderr
