"""Each fragment in changelog.d has a name that towncrier understands and a sentence that users can read."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "changelog.d"
OTHERS = {"README.md", "template.md.jinja"}
FRAGMENTS = sorted(path for path in FOLDER.iterdir() if path.name not in OTHERS)
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["towncrier"]
TYPES = [one["directory"] for one in SETTINGS["type"]]
NAME = re.compile(rf"[a-z0-9]+(-[a-z0-9]+)*\.({'|'.join(TYPES)})\.md")
SENTENCE = re.compile(r"[A-Z`*].*[.!)]\s*$", re.DOTALL)


def test_a_fragment_has_a_name_and_a_type():
    """The name is `<slug>.<type>.md`; towncrier would leave out any other file without a word."""
    assert [] == [it.name for it in FRAGMENTS if not NAME.fullmatch(it.name)], f"the types are {', '.join(TYPES)}"


def test_a_fragment_is_at_least_a_sentence():
    """The text begins with a capital letter, code or emphasis, has four words or more, and ends with a full stop."""
    texts = {it.name: it.read_text(encoding="utf-8").strip() for it in FRAGMENTS}
    assert [] == [name for name, text in texts.items() if not SENTENCE.match(text) or len(text.split()) < 4]


@pytest.mark.parametrize("name", ["typo.fix.md", "fixed.md", "Two Words.fixed.md", "a.fixed.txt", "a.fixed.1.md"])
def test_another_name_is_refused(name):
    """The rule is not empty."""
    assert not NAME.fullmatch(name)


def test_a_section_is_rendered(tmp_path):
    """towncrier takes a fragment without an issue's number, and puts it below its type."""
    for path in ("pyproject.toml", "CHANGELOG.md", f"{FOLDER.name}/template.md.jinja"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text((ROOT / path).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / FOLDER.name / "a-hole.security.md").write_text("A hole is closed.\n")
    (tmp_path / FOLDER.name / "a-typo.fixed.md").write_text("A typo is named.\n")
    command = [sys.executable, "-m", "towncrier", "build", "--draft", "--version=1.2.3"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    section = done.stdout[done.stdout.find("## [1.2.3]") :]
    lines = [line for line in section.splitlines()[1:] if line]
    assert ["### Security", "- A hole is closed.", "### Fixed", "- A typo is named."] == lines, done.stderr
