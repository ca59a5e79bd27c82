"""Write docs/design/modules.md: every module of every package, with the first sentence of its docstring."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/design/modules.md"
# From what imports nothing of the others to what imports all of them.
PACKAGES = (
    "core/postern_core",
    "kit/postern_kit",
    "operator/postern_operator",
    "dataplane/postern_dataplane",
    "cli/postern_cli",
    "console/postern_console",
)
HEADER = """# Modules

<!-- Written by `make docs` from the docstrings of the modules; edit them there. -->

Every module with the first sentence of its docstring, package by package.
Their order is in [the life of a request](life-of-a-request.md) and [the life of a key](life-of-a-key.md).

"""
# The first sentence of a text: a full stop within it is followed by no capital letter.
SENTENCE = re.compile(r".+?[.?!](?=\s+[A-Z`]|\s*\Z)", re.DOTALL)


def main() -> int:
    """Write the page anew."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


def page() -> str:
    """The whole page, as it must be on disk."""
    modules = sorted((path for package in PACKAGES for path in (ROOT / package).rglob("*.py")), key=order)
    return HEADER + "\n".join(section(folder, list(paths)) for folder, paths in groupby(modules, lambda it: it.parent))


def order(path: Path) -> tuple[int, Path, str]:
    """Packages as they stand on each other, then by folder and name."""
    package = next(index for index, name in enumerate(PACKAGES) if ROOT / name in path.parents)
    return package, path.parent, path.name


def section(folder: Path, modules: list[Path]) -> str:
    """A folder: what its `__init__.py` says of it, and a row for each of its other modules."""
    return "\n".join([f"## {folder.relative_to(ROOT)}", "", *lines(folder, modules), ""])


def lines(folder: Path, modules: list[Path]) -> Iterator[str]:
    package = folder / "__init__.py"
    if package in modules:
        yield first_sentence(package)
    rows = [f"| `{path.name}` | {cell(first_sentence(path))} |" for path in modules if path != package]
    if rows:
        yield from ("", "| module | what it is for |", "| --- | --- |", *rows)


def first_sentence(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    found = SENTENCE.match(docstring)
    return " ".join((found[0] if found else docstring).split())


def cell(text: str) -> str:
    """A text fit for one cell of a table."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
