"""The arguments and options that several commands share, and how their texts are read."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from postern_core.link.shares import DEFAULT_SHARE, Share, parse_share
from postern_core.listeners import METAVAR, check_listeners, read_listener
from postern_core.snapshot_listeners import Listener
from postern_dataplane.tcp import peer_address
from postern_kit.settings import settings_of
from postern_operator.cluster.settings import Settings

Command = Callable[..., Any]

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


class IPAddress(click.ParamType[str]):
    """An IP address, as a connection shows it."""

    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Write it as the gateway does."""
        try:
            address = ipaddress.ip_address(str(value).partition("%")[0])
        except ValueError as error:
            self.fail(str(error), param, ctx)
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        return peer_address((socket.inet_ntop(family, address.packed),))


class ShareOfNamespace(click.ParamType[Share]):
    """What a namespace may put into a gateway."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Share:
        """Read it as the operator does."""
        try:
            return value if isinstance(value, Share) else parse_share(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


# The operator's setting, so that a check before applying judges as the operator will.
_SHARE = next(setting for setting in settings_of(Settings) if setting.field == "share")
share_option = click.option(
    _SHARE.spelling,
    _SHARE.field,
    type=ShareOfNamespace(),
    metavar=_SHARE.option.syntax and _SHARE.option.syntax.metavar,
    default=DEFAULT_SHARE,
    show_default=_SHARE.default,
    help=_SHARE.option.meaning,
)
require_policy_option = click.option(
    "--require-policy", is_flag=True, help="Answer 503 where no policy protects a route or says mode Disabled."
)


def compile_options(command: Command) -> Command:
    """Add the options by which a command judges as the operator does, named as arguments of `compile_snapshot`."""
    return share_option(require_policy_option(command))


class ListenerType(click.ParamType[str]):
    """A listener of the gateway that is played; it is read when that is known."""

    name = METAVAR
    envvar_list_splitter = ONE_A_LINE

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse what is none."""
        try:
            read_listener(str(value), "")
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return str(value)


def listeners_of(texts: Iterable[str], gateway: str) -> tuple[Listener, ...]:
    """Return the listeners of a gateway; raises `click.UsageError` for those that don't go together."""
    listeners = tuple(read_listener(text, gateway) for text in texts)
    try:
        check_listeners(listeners)
    except ValueError as error:
        raise click.UsageError(f"--listener: {error}") from None
    return listeners


listener_option = click.option(
    "--listener",
    type=ListenerType(),
    metavar=METAVAR,
    multiple=True,
    help="A further port, such as internal=http://*:8081; may be repeated.",
)
folders = click.argument(
    "folders", metavar="FOLDER...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
# For a command that can take its objects from a cluster; `source_of` says when they may be left out.
folders_or_none = click.argument(
    "folders", metavar="[FOLDER...]", nargs=-1, type=click.Path(exists=True, path_type=Path)
)
