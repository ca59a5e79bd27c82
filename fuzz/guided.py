"""`python -m fuzz.guided TARGET`: a target that runs in this process, guided by the coverage of Postern's packages.

By atheris (libFuzzer), which comes with the extra `fuzz`.  It ends the process, so that `python -m fuzz --guided` runs
one for each target, with the kept corpus in a folder of its own, and keeps what reaches more.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from . import corpus
from .choices import Choices

# Those behind sockets run in another process, whose coverage is not seen.
TARGETS = ("manifests", "paths", "readings", "requests", "responses", "snapshots", "tokens")
PACKAGES = ["postern_core", "postern_dataplane", "postern_operator"]
INPUT_BYTES_MAX = 256


def run_guided(name: str, *, seconds: float) -> bool:
    """Run a target for a time and print libFuzzer's figures; returns whether it found nothing, and keeps the corpus."""
    with tempfile.TemporaryDirectory(prefix="postern-fuzz-") as folder:
        before, after, found = (Path(folder, part) for part in ("before", "after", "found"))
        for part in (before, after, found):
            part.mkdir()
        for number, content in enumerate(corpus.kept(name)):
            (before / str(number)).write_bytes(content)
        limits = [f"-max_len={INPUT_BYTES_MAX}", f"-artifact_prefix={found}/", "-verbosity=0", "-print_final_stats=1"]
        ended = _run(name, *limits, f"-max_total_time={int(seconds)}", str(before))
        said = ended.stdout + ended.stderr
        figures = dict(re.findall(r"^stat::(\w+): +([0-9]+)$", said, re.MULTILINE))
        for one in found.iterdir():
            print(f"  FAILED {name} {one.read_bytes().hex()}: run it again with `python -m fuzz {name} --replay HEX`")
        if ended.returncode:
            print(said)
            return False
        if _run(name, *limits, "-merge=1", str(after), str(before)).returncode:
            after = before  # larger than it need be, and none is lost
        corpus.keep(name, (one.read_bytes() for one in after.iterdir()))
        inputs, peak = figures["number_of_executed_units"], figures["peak_rss_mb"]
        print(
            f"{name}: {inputs} inputs in {seconds:.0f} s, no failure, {len(corpus.kept(name))} kept, {peak} MiB",
            flush=True,
        )
        return True


def _run(name: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fuzz.guided", name, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # this very program


def main() -> None:
    name, *options = sys.argv[1:]
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=PACKAGES):
        target = importlib.import_module(f"fuzz.targets.{name}")
    with target.opened() as state:

        def once(content: bytes) -> None:
            target.once(Choices(content), state)

        # The first word is how libFuzzer calls itself when it merges corpora.
        atheris.Setup([f"{sys.executable} -m fuzz.guided {name}", *options], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
