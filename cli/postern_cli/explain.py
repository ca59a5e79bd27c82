"""`postern explain`: what the gateway would do with a request, and why."""

from __future__ import annotations

import time
from pathlib import Path

import click

from postern_core.compile import compile_snapshot
from postern_dataplane.config.table import build_table
from postern_operator.inspectors import INSPECTORS

from .arguments import Line, folders
from .explanation.redaction import Redaction
from .explanation.request import request_head
from .explanation.text import text_of
from .explanation.walk import explain as explain_request
from .reading import gateways_of, read_folders, tell_mistakes, with_secrets


class WithoutDashes(click.Command):
    """Lets `--` divide the folders from the request, and options stand behind it as with curl."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            args.remove("--")
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 # the interface is click's
        return ["[OPTIONS]", "FOLDER...", "--", "METHOD", "URL", "[-H 'K: V']..."]


@click.command(cls=WithoutDashes, short_help="Say what the gateway would do with a request, and why.")
@folders
@click.argument("method")
@click.argument("url")
@click.option("--gateway", metavar="NAME", default="default", show_default=True, help="Which gateway to ask.")
@click.option("--header", "-H", metavar="'K: V'", type=Line(), multiple=True, help="A header of it; may be repeated.")
def explain(folders: tuple[Path, ...], method: str, url: str, gateway: str, header: tuple[str, ...]) -> None:
    """Say what the gateway would do with a request, and why.

    It names the route that takes the request and why the others don't, where the token was found, each check
    with its outcome, and what would be sent upstream. Tokens and cookies are never printed.
    The exit status is 0 when it could be explained, whether the request would pass or not.

    \b
    Examples:
      postern explain manifests -- GET http://auth.httpbin.org/v1/json
      postern explain manifests -- GET https://shop.example.com/v1/orders -H "Authorization: Bearer $TOKEN"
    """  # noqa: D301 # click wants the character, not its escape
    head = request_head(method, url, header)
    reading = read_folders(folders)
    tell_mistakes(reading)
    objects = with_secrets(reading.objects, folders, make=False)
    if gateway not in gateways_of(objects):
        raise click.ClickException(f"no Service is served by a gateway named {gateway}; {_known(gateways_of(objects))}")
    compiled = compile_snapshot(objects, inspectors=INSPECTORS, gateway=gateway)
    if not all(problem.is_warning for problem in compiled.problems):
        click.echo("Warning: what is wrong in these manifests may matter here; see `postern validate`.", err=True)
    explanation = explain_request(head, build_table(compiled.snapshot, ""), time.time())
    redaction = Redaction(compiled.snapshot.policies, explanation.token)
    click.echo("\n".join(text_of(explanation, redaction)))


def _known(gateways: tuple[str, ...]) -> str:
    return f"there is {', '.join(gateways)}"
