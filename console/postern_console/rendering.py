"""Templates into pages: everything that is put into one is escaped, and a name that is not there is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

HERE = Path(__file__).parent
STATIC = HERE / "static"
# What reorders a line, as in a difference, or takes no room: the marks of Unicode Standard Annex #9, section 2.
UNSEEN = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


class Templates:
    """The pages' templates, each compiled once."""

    def __init__(self, form_token: str = "") -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            # Not by the name of a file: there is no template without it.
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["visible"] = visible
        self._environment.globals["form_token"] = form_token

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        return self._environment.get_template(name).render(context)


def visible(text: str) -> str:
    """A text that people judge by, in which nothing hides or looks like something else by its order."""
    return UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
