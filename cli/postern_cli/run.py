"""`postern run`: compile the manifests, serve them, and do so again at each save.

The options and how they are read; what happens then belongs in `session`.
"""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import click

from postern_core.link.shares import Share
from postern_dataplane.settings import Settings
from postern_kit.options import SettingsCommand, build_settings, options_of

from .arguments import compile_options, listener_option, listeners_of
from .arguments import folders as folders_argument
from .session import Session, SessionSettings

# Python's own is 700 or 2000, meant for programs that keep little.
GARBAGE_THRESHOLD = 100_000
# The settings of the data plane that a run decides itself: it waits no longer than the default for running requests.
DECIDED = frozenset({"config", "end_with_stdin", "drain_grace_s"})

# Applications run on the machine itself, and who writes the manifests reaches its ports anyway.
ALLOWED_UPSTREAMS = "loopback,own"


@click.command(cls=SettingsCommand)
@folders_argument
@click.option("--gateway", default="default", show_default=True, metavar="NAME", help="Which gateway to play.")
@compile_options
@listener_option
def run(
    *,
    folders: tuple[Path, ...],
    gateway: str,
    share: Share,
    require_policy: bool,
    listener: tuple[str, ...],
    **settings: Any,
) -> None:
    """Compile the manifests, serve them, and do so again at each save.

    A table of objects with their conditions is printed whenever it changes.
    A file that can't be read keeps the objects that it had.  Ctrl-C stops.

    \b
    Examples:
      postern run manifests
      postern run manifests --listen 0.0.0.0:8080 --workers 2
      postern run manifests --listener internal=http://internal.example.com:8081
      postern run service.yaml routes --gateway internal --access-log on
    """  # noqa: D301 # click wants the character, not its escape
    build_settings(Settings, {"config": ".", **settings})
    settings["allowed_upstreams"] = settings["allowed_upstreams"] or ALLOWED_UPSTREAMS
    given = {f"--{name.replace('_', '-')}": value for name, value in settings.items() if value}
    arguments = tuple(option if value is True else f"{option}={value}" for option, value in given.items())
    # What is kept of 100,000 objects is searched for garbage again and again else, which doubles the time to start.
    gc.set_threshold(GARBAGE_THRESHOLD)
    listeners = listeners_of(listener, gateway)
    session = Session(SessionSettings(folders, gateway, arguments, share, require_policy, listeners))
    click.get_current_context().exit(asyncio.run(session.run()))


run.params += options_of(Settings, without=DECIDED)
