"""The page "About"."""

from __future__ import annotations

from pathlib import Path

from postern_console.state import ConsoleState
from postern_console.views.about import about_page


def test_it_names_the_version_and_what_the_console_is_about():
    """A report of a mistake needs both."""
    page = about_page(ConsoleState((Path("/manifests"),)))
    assert (("/manifests",), 30) == (page["about"], page["idle_minutes"])
    assert page["version"][0].isdigit()
