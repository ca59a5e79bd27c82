"""The rules that every file of this repository keeps, and what must not be missing from it."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "core": ROOT / "core/postern_core",
    "kit": ROOT / "kit/postern_kit",
    "operator": ROOT / "operator/postern_operator",
    "dataplane": ROOT / "dataplane/postern_dataplane",
    "cli": ROOT / "cli/postern_cli",
    "console": ROOT / "console/postern_console",
}
SOURCES = sorted(path for package in PACKAGES.values() for path in package.rglob("*.py"))
PROGRAMS = sorted(
    path for folder in ("examples", "docs", "bench", "fuzz", "helm") for path in (ROOT / folder).rglob("*.py")
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
COMPILED = sorted(path for path in (ROOT / "speedups").rglob("*.py*") if path.suffix in {".py", ".pyx"})
TEXTS = sorted(
    path
    for path in ROOT.rglob("*")
    if path.suffix in {".py", ".md", ".toml", ".yaml", ".yml", ".json"}
    and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)

MAX_LINES = 300
MAX_FUNCTION_LINES = 40


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


class Shape(NamedTuple):
    """Of a file, whether it has a docstring, and how many lines each of its functions has."""

    has_docstring: bool
    functions: tuple[tuple[str, int], ...]


@functools.cache
def shape_of(path: Path) -> Shape:
    """What a file is made of; its tree is not kept, because those of all files would take hundreds of megabytes."""
    tree = tree_of(path)
    functions = tuple(
        (node.name, (node.end_lineno or 0) - node.lineno + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return Shape(bool(ast.get_docstring(tree)), functions)


@pytest.mark.parametrize("path", [*SOURCES, *COMPILED, *PROGRAMS, *TESTS], ids=name_of)
def test_a_file_has_one_reason_to_change(path):
    """No file is longer than what one reads in a sitting."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", [*SOURCES, *PROGRAMS, *TESTS], ids=name_of)
def test_a_function_fits_on_a_screen(path):
    """No function is longer than forty lines."""
    too_long = [f"{name}: {lines}" for name, lines in shape_of(path).functions if lines > MAX_FUNCTION_LINES]
    assert [] == too_long


@pytest.mark.parametrize("path", [*SOURCES, *PROGRAMS, *TESTS], ids=name_of)
def test_a_module_says_what_it_is_for(path):
    """Every module opens with a docstring."""
    assert shape_of(path).has_docstring


def root_of(path: Path) -> str:
    return next(name for name, package in PACKAGES.items() if package == path or package in path.parents)


def has_functions(path: Path) -> bool:
    return bool(shape_of(path).functions)


def dotted_name(path: Path) -> str:
    """`postern_core.ref` of its file; of an `__init__.py` or `__main__.py`, the package."""
    names = path.relative_to(PACKAGES[root_of(path)].parent).with_suffix("").parts
    return ".".join(name for name in names if name not in {"__init__", "__main__"})


def names_in(path: Path, package: str = "") -> set[str]:
    """The dotted names that a file imports, or has as a text; relative imports start at `package`."""
    names: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom):
            above = ".".join(package.split(".")[: len(package.split(".")) + 1 - node.level]) if node.level else ""
            module = ".".join(filter(None, (above, node.module)))
            names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value.partition(":")[0])
    return names


@functools.cache
def reached_by_tests(root: str) -> set[str]:
    """What the tests of a root import, and what a module that they import does."""
    direct = set().union(*(names_in(path) for path in (ROOT / "tests/unit" / root).rglob("*.py")))
    imported = [path for path in SOURCES if PACKAGES[root] in path.parents and dotted_name(path) in direct]
    parents = {path: dotted_name(path.parent / "__init__.py") for path in imported}
    return direct.union(*(names_in(path, package) for path, package in parents.items()))


# These are tested through what is built of them: each golden case goes through all three.
THROUGH_THE_COMPILER = {PACKAGES["core"] / name for name in ("checks", "link", "lints", "resources")}


@pytest.mark.parametrize("path", [path for path in SOURCES if has_functions(path)], ids=name_of)
def test_a_module_is_reached_by_a_test_of_its_package(path):
    """A unit test of its root imports it, or imports what does; how much of it runs is measured by `make coverage`."""
    if path.parent in THROUGH_THE_COMPILER:
        return
    name = dotted_name(path)
    assert {name, f"{name}.__main__"} & reached_by_tests(root_of(path))


@pytest.mark.parametrize("folder", sorted({path.parent for path in SOURCES if has_functions(path)}), ids=name_of)
def test_a_package_has_a_folder_of_tests(folder):
    """`operator/postern_operator/crds` is tested in `tests/unit/operator/crds`."""
    if folder in THROUGH_THE_COMPILER:
        return
    root = root_of(folder)
    assert list((ROOT / "tests/unit" / root / folder.relative_to(PACKAGES[root])).glob("test_*.py"))


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_a_todo_names_its_issue(path):
    """A TODO without an issue is forgotten."""
    assert [] == re.findall(r"#\s*TODO(?!\(#\d+\))", path.read_text(encoding="utf-8"))


def test_no_path_of_this_machine_is_in_a_file():
    """Nobody else has this folder."""
    assert [] == [name_of(path) for path in TEXTS if f"{ROOT}/" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("root", PACKAGES)
def test_a_source_root_is_not_a_package(root):
    """An `operator/__init__.py` would hide the standard library's operator."""
    assert not (ROOT / root / "__init__.py").exists()


def test_operator_is_the_standard_library_s():
    """`python -c 'import operator'` in this folder finds what every program expects."""
    done = subprocess.run(
        [sys.executable, "-c", "import operator; print(operator.itemgetter(0)('a'))"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (0, "a\n") == (done.returncode, done.stdout)


def test_tests_are_not_packages():
    """pytest imports tests by path; an `__init__.py` would make their names clash."""
    assert [] == list((ROOT / "tests").rglob("__init__.py"))


@pytest.mark.parametrize("package", PACKAGES.values(), ids=name_of)
def test_a_package_is_typed(package):
    """Users' type checkers see our types."""
    assert (package / "py.typed").exists()


@pytest.mark.parametrize(
    "folder",
    [
        "unit/core",
        "unit/kit",
        "unit/operator",
        "unit/dataplane",
        "unit/cli",
        "unit/console",
        "golden",
        "conformance",
        "chart",
        "cluster",
        "e2e",
        "gitops",
        "providers",
    ],
)
def test_nothing_that_is_tested_has_gone_missing(folder):
    """Each part of the suite is there and has tests."""
    assert list((ROOT / "tests" / folder).rglob("test_*.py"))


def test_every_make_target_is_explained():
    """`make help` lists every target."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    explained = re.findall(r"^([a-z0-9-]+):.*## \S", makefile, re.MULTILINE)
    assert sorted(phony[1].split()) == sorted(explained)


def test_an_advisory_has_a_test_of_its_id():
    """What was once broken stays mended."""
    told = "".join(path.read_text(encoding="utf-8") for path in [ROOT / "CHANGELOG.md", *ROOT.glob("changelog.d/*.md")])
    tested = "".join(path.read_text(encoding="utf-8") for path in TESTS)
    ids = set(re.findall(r"\bPOSTERN-\d{4}-\d+\b", told))
    assert ids == set(re.findall(r"\bPOSTERN-\d{4}-\d+\b", tested))
