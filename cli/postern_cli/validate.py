"""`postern validate`: the checks of `postern run`, without serving."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import click

from .arguments import folders
from .findings import as_github, as_json, as_text, report_of
from .reading import problems_of, read_folders, with_secrets

FORMS = MappingProxyType({"text": as_text, "json": as_json, "github": as_github})


@click.command(short_help="Check manifests without serving.")
@folders
@click.option(
    "--output", "-o", type=click.Choice(list(FORMS)), default="text", show_default=True, help="How it is told."
)
@click.pass_context
def validate(context: click.Context, folders: tuple[Path, ...], output: str) -> None:
    """Check manifests as `postern run` does, for every gateway that a Service names, without serving.

    Every problem is printed: the object, the path of the field, and what to do.
    The exit status is 1 when anything is wrong, or when there is nothing to check; warnings don't count.
    Nothing is written.

    \b
    Examples:
      postern validate manifests
      postern validate manifests -o github      annotations in a pull request
      postern validate manifests -o json
    """  # noqa: D301 # click wants the character, not its escape
    reading = read_folders(folders)
    objects = with_secrets(reading.objects, folders, make=False)
    report = report_of(reading, problems_of(objects), folders)
    for line in FORMS[output](report):
        click.echo(line)
    context.exit(0 if report.valid else 1)
