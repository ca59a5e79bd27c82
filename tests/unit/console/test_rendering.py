"""What is put into a template is text, whatever it is."""

from __future__ import annotations

import re

import jinja2
import pytest

from postern_console.rendering import STATIC, Templates, visible
from postern_console.views.links import frame

SCRIPT = "<script>alert(1)</script>"


def test_what_is_put_into_a_page_is_escaped():
    """A script in a value shows as text."""
    page = Templates().render("error.html", {"title": SCRIPT, "message": SCRIPT, "status": 500, "frame": frame(SCRIPT)})
    assert (False, 3) == (SCRIPT in page, page.count("&lt;script&gt;"))


def test_a_name_that_is_missing_is_an_error():
    """A page never lacks a part in silence."""
    with pytest.raises(jinja2.UndefinedError):
        Templates().render("error.html", {})


def test_what_reorders_a_line_is_seen():
    """A name or a difference that reads otherwise than it is would be agreed to; letters of all scripts stay."""
    assert "a\\u202eb\\u2066\\u200bc\n\u05d0\u00e9" == visible("a\u202eb\u2066\u200bc\n\u05d0\u00e9")


@pytest.mark.parametrize(("name", "values"), [("object.html", 2), ("review.html", 2), ("decode_result.html", 2)])
def test_what_people_judge_by_is_visible(name, values):
    """YAML, facts, differences and claims are what others have written."""
    assert values == (STATIC.parent / "templates" / name).read_text().count("| visible }}")


@pytest.mark.parametrize("path", sorted((STATIC.parent / "templates").iterdir()), ids=lambda path: path.name)
def test_a_template_has_nothing_inline(path):
    """The policy of a page would forbid it; and nothing turns escaping off."""
    assert [] == re.findall(r"<script(?! src)|\sstyle=|\son\w+=|\|\s*safe|javascript:|autoescape", path.read_text())
