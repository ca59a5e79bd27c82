"""The arguments and options that several commands share, and how their texts are read."""

from __future__ import annotations

from pathlib import Path

import click

# Given in the environment, an option that may be repeated holds one value a line: values may have spaces.
ONE_A_LINE = "\n"


class Line(click.types.StringParamType):
    """A text of one line."""

    name = "text"
    envvar_list_splitter = ONE_A_LINE

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse what would not be one line, or not text."""
        text = str(super().convert(value, param, ctx))
        if not text.isprintable():
            self.fail("must not hold control characters, and must be UTF-8", param, ctx)
        return text


folders = click.argument(
    "folders", metavar="FOLDER...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
# For a command that can take its objects from a cluster; `source_of` says when they may be left out.
folders_or_none = click.argument(
    "folders", metavar="[FOLDER...]", nargs=-1, type=click.Path(exists=True, path_type=Path)
)
