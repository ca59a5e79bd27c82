"""Text that is safe to print."""

from __future__ import annotations

import pytest

from postern_cli.printing import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Ünal\\n", "Ünal\\n"), ("a\x1b[2Jb", "a\\x1b[2Jb"), ("a\u202eb\n", "a\\u202eb\\n"), ("\udce4", "\\udce4")],
)
def test_what_is_not_printable_is_escaped(text, shown):
    """File names and values are anybody's texts, and may be in any encoding."""
    assert shown == printable(text)
