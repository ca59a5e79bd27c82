"""What each part of the project is installed with: an extra carries what its part imports, and nothing else."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]
SPEEDUPS = tomllib.loads((ROOT / "speedups/pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKAGES = {
    "core": ROOT / "core/postern_core",
    "kit": ROOT / "kit/postern_kit",
    "operator": ROOT / "operator/postern_operator",
    "dataplane": ROOT / "dataplane/postern_dataplane",
    "cli": ROOT / "cli/postern_cli",
    "console": ROOT / "console/postern_console",
}
SOURCES = sorted(path for package in PACKAGES.values() for path in package.rglob("*.py"))

# What is installed with an extra of its own: the packages, the client of a store of rate limits, and the sidecar, which
# runs without the rest of its package.
# Likewise what of the operator and of the command line local mode does without.
SIDECAR = PACKAGES["dataplane"] / "sync"
STORE = PACKAGES["dataplane"] / "rate_limit_store"
CLUSTER = PACKAGES["operator"] / "cluster"
KUBECTL = PACKAGES["cli"] / "cluster"
CONSOLE_OF_CLUSTER = PACKAGES["console"] / "cluster"
# Of the kit, what the operator and the data plane read certificates with.
KEY_PAIR = PACKAGES["kit"] / "key_pair.py"
PARTS = {
    **{root: [path for path in SOURCES if package in path.parents] for root, package in PACKAGES.items()},
    "kit": [path for path in PACKAGES["kit"].rglob("*.py") if path != KEY_PAIR],
    "key_pair of the operator": [KEY_PAIR],
    "key_pair of the data plane": [KEY_PAIR],
    "operator": [path for path in PACKAGES["operator"].rglob("*.py") if CLUSTER not in path.parents],
    "cluster": sorted(CLUSTER.rglob("*.py")),
    "cli": [path for path in PACKAGES["cli"].rglob("*.py") if KUBECTL not in path.parents],
    "kubectl": sorted(KUBECTL.rglob("*.py")),
    "console": [path for path in PACKAGES["console"].rglob("*.py") if CONSOLE_OF_CLUSTER not in path.parents],
    "console of a cluster": sorted(CONSOLE_OF_CLUSTER.rglob("*.py")),
    "dataplane": [path for path in PACKAGES["dataplane"].rglob("*.py") if not {SIDECAR, STORE} & {*path.parents}],
    "store": sorted(STORE.rglob("*.py")),
    "sync": sorted(SIDECAR.rglob("*.py")),
}
# The extras that carry what a part may import.
CARRIED_BY = {
    "core": [],
    "kit": ["sync"],  # Of which local mode imports the modules that need nothing.
    "operator": ["operator"],
    "cluster": ["operator", "cluster"],
    "dataplane": ["dataplane"],
    "store": ["dataplane", "redis"],
    "sync": ["sync"],
    "cli": ["operator", "dataplane"],
    "kubectl": ["operator", "dataplane", "cluster"],
    "console": ["operator", "dataplane", "console"],
    "console of a cluster": ["operator", "dataplane", "cluster", "console"],
    "key_pair of the operator": ["operator"],
    "key_pair of the data plane": ["dataplane"],
}
# What a requirement is used through, and so can't be without.
BROUGHT_ALONG = {"aiohttp": {"yarl"}}
IMPORT_NAMES = {
    "google-re2": "re2",
    "pyjwt": "jwt",
    "pynacl": "nacl",
    "pyyaml": "yaml",
    "prometheus-client": "prometheus_client",
}


REQUIREMENTS = [
    requirement
    for requirement in [
        *PROJECT["dependencies"],
        *(one for extra in PROJECT["optional-dependencies"].values() for one in extra),
    ]
    if not requirement.startswith("postern-gateway")
]


@pytest.mark.parametrize("requirement", sorted(set(REQUIREMENTS)))
def test_a_dependency_says_what_it_costs(requirement):
    """Each has a lower bound, and a comment with what it is for and its size."""
    explained = re.search(rf"((?:^ *#.*\n)*) *\"{re.escape(requirement)}\",(.*)", PYPROJECT, re.MULTILINE)
    assert explained
    assert ">=" in requirement
    assert re.search(r"\d MB", "".join(explained.groups()))


def carried(extra: str) -> set[str]:
    """The names that an extra's requirements are imported by."""
    names = {re.split(r"[\[<>=]", one)[0].lower() for one in PROJECT["optional-dependencies"][extra]}
    return {IMPORT_NAMES.get(name, name) for name in names}


def imported(part: str) -> set[str]:
    """The top-level names, foreign to this project and to the standard library, that a part imports."""
    names: set[str] = set()
    for node in (node for path in PARTS[part] for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").split(".")[0])
    return {name for name in names if name not in sys.stdlib_module_names and not name.startswith("postern_")}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_imports_only_what_its_extra_carries(part):
    """An install with that extra alone has everything that the part imports."""
    allowed = {"msgspec"}.union(*(carried(extra) for extra in CARRIED_BY[part]))
    allowed = allowed.union(*(BROUGHT_ALONG.get(name, set()) for name in allowed))
    assert set() == imported(part) - allowed


@pytest.mark.parametrize(("part", "extra"), [("postern_dataplane.sync.__main__", "sync")])
def test_a_process_starts_with_its_extra_alone(part, extra):
    """What the modules that it shares with others import is carried too."""
    others = set().union(*(carried(one) for one in PROJECT["optional-dependencies"] if one != "dev")) - carried(extra)
    # PyYAML is brought by the Kubernetes client.
    hidden = "".join(f"sys.modules[{name!r}] = None; " for name in sorted(others - {"yaml"}))
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {hidden}import {part}"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("extra", ["operator", "cluster", "dataplane", "redis", "sync", "console"])
def test_an_extra_carries_only_what_is_imported(extra):
    """An extra brings no package that its parts do not import."""
    users = ["kit", *(part for part, extras in CARRIED_BY.items() if extra in extras)]
    assert set() == carried(extra) - set().union(*(imported(part) for part in users))


def test_the_speedups_have_the_version_of_what_they_speed_up():
    """Another version would be left out."""
    assert PROJECT["version"] == SPEEDUPS["version"]


def test_no_index_is_asked_for_the_speedups():
    """They are published nowhere, so an index would answer with what a stranger has put there under that name."""
    assert SPEEDUPS["name"] not in PYPROJECT


def test_the_speedups_bring_nothing():
    """The data plane hands them what they work with, so that they import nothing and run on what it runs on."""
    assert ([], PROJECT["requires-python"]) == (SPEEDUPS["dependencies"], SPEEDUPS["requires-python"])
