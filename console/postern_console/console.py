"""`postern console`: the options, and what is printed; what the browser sees belongs in `app`."""

from __future__ import annotations

import asyncio
import threading
import webbrowser
from pathlib import Path

import click

from postern_cli.arguments import folders as folders_argument
from postern_cli.arguments import share_option
from postern_core.link.shares import Share

from .folder_objects import FolderObjects
from .local_gateways import LocalGateways
from .server import serve


@click.command(short_help="Look at manifests in a browser, and edit them.")
@folders_argument
@click.option("--browser/--no-browser", "opens_browser", default=True, show_default=True, help="Open the browser.")
@share_option
def console(*, folders: tuple[Path, ...], opens_browser: bool, share: Share) -> None:
    """Look at manifests in a browser, and edit them: every object, what is wrong with it, and where.

    A page on loopback, for one browser: the link that is printed is good once, for a minute.
    It ends by Ctrl-C, or by itself after 30 minutes without a request.
    A change is shown before it is saved. `postern run` serves what is saved, as it does for an editor.

    \b
    Examples:
      postern console manifests
      postern console --no-browser manifests    where other users of the machine could see the browser start
    """  # noqa: D301 # click wants the character, not its escape
    objects = FolderObjects(folders, share)
    # What can't be read at all is an error here, and not a page.
    objects.read()

    def opened(link: str) -> None:
        click.echo(f"The console is at {link}\nThe link is good once, for a minute. Ctrl-C stops it.")
        if opens_browser:
            # Some browsers block the caller; what becomes of it is seen in the browser.
            threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()

    click.echo(f"The console has ended: {asyncio.run(serve(objects, LocalGateways(objects, share), opened))}.")
