"""What the image is made of: wheels for each of its platforms, compiled code of ours, and one user who is not root."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import compiled_heads
from in_cluster import GATEWAY_NAMESPACE, OPERATOR_NAMESPACE, ROOT

# The base image's Python, and the C library of its Debian and of those before it.
PYTHON = "3.13"
C_LIBRARIES = ("manylinux2014", "manylinux_2_17", "manylinux_2_28")


@pytest.mark.parametrize("processor", ["x86_64", "aarch64"])
def test_everything_is_there_as_wheels(processor, tmp_path):
    """Every dependency has a wheel for linux/amd64 and linux/arm64, so that nothing is compiled but what is ours."""
    [wheel] = (ROOT / "dist").glob("postern_gateway-*.whl")
    asked = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
    asked += [f"--target={tmp_path}", f"--python-version={PYTHON}", "--only-binary=:all:"]
    asked += [f"--platform={library}_{processor}" for library in C_LIBRARIES]
    asked.append(f"{wheel}[operator,cluster,dataplane,redis,sync]")
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=300)
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize(
    ("namespace", "container"),
    [(OPERATOR_NAMESPACE, "operator"), (GATEWAY_NAMESPACE, "proxy"), (GATEWAY_NAMESPACE, "sync")],
)
def test_nobody_is_root_and_nothing_can_be_written(cluster, walkthrough, namespace, container):
    """Asked within each container, whatever its Pod says."""
    program = (
        "import errno, os\n"
        "try: open('/opt/postern/x', 'w')\n"
        "except OSError as error: print(os.getuid(), errno.errorcode[error.errno])\n"
    )
    pod = cluster.pods(namespace)[0]["metadata"]["name"]
    where = (f"--namespace={namespace}", f"--container={container}")
    said = cluster.kubectl("exec", pod, *where, "--", "python3", "-c", program, check=True).stdout
    assert said == "65532 EROFS\n"


def said_in_the_proxy(cluster, program):
    """What a program of Python prints in the container that serves."""
    pod = cluster.pods(GATEWAY_NAMESPACE)[0]["metadata"]["name"]
    where = (f"--namespace={GATEWAY_NAMESPACE}", "--container=proxy")
    return cluster.kubectl("exec", pod, *where, "--", "python3", "-c", program, check=True).stdout


def test_heads_are_read_by_compiled_code(cluster, walkthrough):
    """The extension that the build compiled is there, of the version that uses it; the program fails otherwise."""
    assert said_in_the_proxy(cluster, Path(compiled_heads.__file__).read_text()) == ""


def test_the_compiler_was_left_behind(cluster, walkthrough):
    """Nothing of what compiled the extension is in the image: no compiler, no Cython and no pip."""
    program = (
        "import shutil, importlib.util as modules\n"
        "print(*filter(shutil.which, ('cc', 'gcc', 'clang', 'as', 'ld', 'pip')))\n"
        "print(*filter(modules.find_spec, ('Cython', 'setuptools', 'pip')))\n"
    )
    assert said_in_the_proxy(cluster, program) == "\n\n"
