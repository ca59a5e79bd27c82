"""The pictures of docs/console.md, which `make pictures` makes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from postern_console.rendering import HERE

DOCS = Path(__file__).parents[3] / "docs"
PICTURES = DOCS / "images/console"
BYTES_MAX = 1_500_000
# Pages that only say that something is not there, or go on by themselves.
WITHOUT = {"base", "error", "start"}
PAGES = sorted(path.stem for path in (HERE / "templates").glob("*.html") if "extends" in path.read_text())
SHOWN = set(re.findall(r"!\[[^]]+\]\(images/console/([a-z-]+)\.png\)", (DOCS / "console.md").read_text()))


@pytest.mark.parametrize("name", [name for name in PAGES if name not in WITHOUT])
def test_a_page_has_a_picture(name):
    """A page that is new needs one, too: add it to PAGES of tests/support/clicked_console.py."""
    assert ((PICTURES / f"{name}.png").exists(), name in SHOWN) == (True, True)


def test_no_picture_is_left_over_and_all_are_small():
    """Each is shown, and the repository does not grow much with each change of a page."""
    files = list(PICTURES.iterdir())
    assert SHOWN == {path.stem for path in files}
    assert sum(path.stat().st_size for path in files) < BYTES_MAX
