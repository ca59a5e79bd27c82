"""The arguments and options that several commands share, and how their texts are read."""

from __future__ import annotations

from pathlib import Path

import click

from postern_core.link.shares import DEFAULT_SHARE, Share, parse_share

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
            self.fail("must not contain control characters, and must be UTF-8", param, ctx)
        return text


class ShareOfNamespace(click.ParamType[Share]):
    """What a namespace may put into a gateway."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Share:
        """Read it as the operator does."""
        try:
            return value if isinstance(value, Share) else parse_share(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


share_option = click.option(
    "--namespace-share",
    "share",
    type=ShareOfNamespace(),
    default=DEFAULT_SHARE,
    show_default=str(DEFAULT_SHARE),
    metavar="PART=N,...",
    help="What each namespace may put into a gateway.",
)
folders = click.argument(
    "folders", metavar="FOLDER...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
# For a command that can take its objects from a cluster; `source_of` says when they may be left out.
folders_or_none = click.argument(
    "folders", metavar="[FOLDER...]", nargs=-1, type=click.Path(exists=True, path_type=Path)
)
