"""`postern run`: compile the manifests, serve them, and do so again at each save.

The options and how they are read; what happens then belongs in `session`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from postern_core.link.shares import Share
from postern_dataplane.settings import read_settings

from .arguments import folders as folders_argument
from .arguments import share_option
from .session import Session, SessionSettings

# Python's own is 700 or 2000, meant for programs that keep little.
GARBAGE_THRESHOLD = 100_000

Option = Callable[[Callable[..., None]], Callable[..., None]]


class Setting(click.ParamType[str]):
    """A setting of the data plane: what it would refuse is refused here, in its words."""

    name = "text"

    def __init__(self, option: str) -> None:
        self._option = option

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Give the text back as it was, if the data plane can read it."""
        _, is_its_own, why = mistake_in([f"{self._option}={value}"]).rpartition(f"argument {self._option}: ")
        if is_its_own:
            self.fail(why, param, ctx)
        return str(value)


def mistake_in(arguments: Sequence[str]) -> str:
    """What the data plane says of these arguments, "" where it takes them."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            read_settings(["--config", ".", *arguments])
    except SystemExit:
        return said.getvalue().strip()
    return ""


def setting(option: str, metavar: str, help_: str, default: str | None = None) -> Option:
    """An option that goes on to the data plane as it is."""
    return click.option(
        option, type=Setting(option), metavar=metavar, help=help_, default=default, show_default=default is not None
    )


@click.command()
@folders_argument
@click.option("--gateway", default="default", show_default=True, metavar="NAME", help="Which gateway to play.")
@share_option
@setting("--listen", "HOST:PORT", "Where requests come in.", "127.0.0.1:9080")
@setting("--admin", "HOST:PORT", "Where /healthz, /readyz, /metrics and /config answer.", "127.0.0.1:9081")
@setting("--workers", "N", "Worker processes.  [default: the CPUs it may use]")
@setting("--trusted-proxies", "CIDR,...", "Whose X-Forwarded-* headers are believed.  [default: nobody's]")
@setting("--listen-tls", "HOST:PORT", "Where requests come in over TLS.  [default: nowhere]")
@setting("--certificates", "DIR", "Whose subfolders hold tls.crt and tls.key, a certificate each.")
@setting("--tls-min-version", "1.2|1.3", "The oldest version of TLS that is spoken.  [default: 1.2]")
@setting("--redirect-to-https", "PORT", "Send whoever comes without TLS to this port.  [default: serve them]")
@setting("--access-log", "off|on|RATE", "A JSON line a request on standard output, or for a share of them.", "off")
@setting("--remember-heads", "on|off", "Whether to parse the same request only once.  [default: on]")
def run(folders: tuple[Path, ...], gateway: str, share: Share, **settings: str | None) -> None:
    """Compile the manifests, serve them, and do so again at each save.

    A table of objects with their conditions is printed whenever it changes.
    A file that can't be read keeps the objects that it had.  Ctrl-C stops.

    \b
    Examples:
      postern run manifests
      postern run manifests --listen 0.0.0.0:8080 --workers 2
      postern run service.yaml routes --gateway internal --access-log on
    """  # noqa: D301 # click wants the character, not its escape
    given = {f"--{name.replace('_', '-')}": value for name, value in settings.items() if value is not None}
    arguments = tuple(f"{option}={value}" for option, value in given.items())
    _, _, mistake = mistake_in(arguments).rpartition("error: ")
    if mistake:
        raise click.UsageError(mistake)
    # What is kept of 100,000 objects is searched for garbage again and again else, which doubles the time to start.
    gc.set_threshold(GARBAGE_THRESHOLD)
    session = Session(SessionSettings(folders, gateway, arguments, share))
    click.get_current_context().exit(asyncio.run(session.run()))
