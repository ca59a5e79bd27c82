"""`postern console`: the options, and what is printed; what the browser sees belongs in `app`."""

from __future__ import annotations

import asyncio
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

import click

from postern_cli.arguments import folders_or_none, share_option
from postern_cli.sources import Source, Where, cluster_option, namespace_option, source_of, where_options
from postern_core.link.shares import Share

from .folder_objects import FolderObjects
from .server import serve


@click.command(short_help="Look at manifests or a cluster in a browser, and edit them.")
@folders_or_none
@click.option("--browser/--no-browser", "opens_browser", default=True, show_default=True, help="Open the browser.")
@click.option("--write", "writes", is_flag=True, help="Save changes of a cluster's objects by server-side apply.")
@share_option
@cluster_option
@namespace_option
@where_options
def console(
    *,
    folders: tuple[Path, ...],
    opens_browser: bool,
    writes: bool,
    share: Share,
    is_cluster: bool,
    context: str,
    kubeconfig: str,
    namespace: str,
) -> None:
    """Look at manifests or a cluster in a browser, and edit them: every object, what is wrong with it, and where.

    A page on loopback, for one browser: the link that is printed is good once, for a minute.
    It ends by Ctrl-C, or by itself after 30 minutes without a request.
    A change is shown before it is saved. `postern run` serves what is saved, as it does for an editor.
    With --cluster it is about the objects of the cluster that you may read, and a change is a manifest to be applied.
    With --write it is saved, after a dry run; no field is taken from another client without a question.

    \b
    Examples:
      postern console manifests
      postern console --no-browser manifests    where other users of the machine could see the browser start
      kubectl postern console                   all that is in the cluster
      kubectl postern console --write -n demo   edit what is in one namespace
    """  # noqa: D301 # click wants the character, not its escape
    if is_cluster and folders:
        raise click.UsageError("a console is about folders or a cluster, not both; give --no-cluster, or no folder")
    if writes and not is_cluster:
        raise click.UsageError("--write is about a cluster; a console about folders always writes them")
    source = source_of(folders, Where(context, kubeconfig, namespace), is_cluster=is_cluster)

    def opened(link: str) -> None:
        click.echo(f"The console is at {link}\nThe link is good once, for a minute. Ctrl-C stops it.")
        if opens_browser:
            # Some browsers block the caller; what becomes of it is seen in the browser.
            threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()

    click.echo(f"The console has ended: {asyncio.run(_serve(source, share, opened, writes=writes))}.")


async def _serve(source: Source, share: Share, opened: Callable[[str], None], *, writes: bool) -> str:
    """Serve; what can't be read at all is an error here, and not a page."""
    if source.where is not None:
        # Late: an installation without the packages for a cluster does all else.
        from .cluster.serve_cluster import serve_cluster  # noqa: PLC0415

        return await serve_cluster(source.where, share, opened, writes=writes)
    objects = FolderObjects(source.folders, share)
    await objects.state()
    return await serve(objects, opened)
