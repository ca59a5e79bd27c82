"""Where a command takes its objects from: folders, a cluster, or folders laid over a cluster.

The options and what they mean together; the reading itself belongs in `gathering`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from postern_core.kinds import KINDS
from postern_core.parse import Parsed

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Where:
    """Which cluster is meant, and which namespace of it; "" is what kubectl would take, or every namespace."""

    context: str = ""
    kubeconfig: str = ""
    namespace: str = ""


def no_secrets(_: Parsed) -> bool:
    """Have no use for what any Secret holds."""
    return False


class KeysWanted(enum.Enum):
    """Which keys of TokenIssuers a command has a use for, of those that are fetched.

    What comes of `UNKNOWN` ones is neither right nor wrong; so are all of a cluster, for a command that has a use for
    them.
    """

    NONE = enum.auto()
    UNKNOWN = enum.auto()
    KEPT = enum.auto()
    PUBLISHED = enum.auto()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command needs of a cluster: kinds of ours, and those of its objects whose Secrets are read.

    With `is_of_one_namespace` nothing else is read, or laid over, than what is
    in the namespace that was given, or in the one that kubectl would take.
    """

    kinds: tuple[str, ...] = tuple(KINDS)
    has_use_for_secrets: Callable[[Parsed], bool] = no_secrets
    is_of_one_namespace: bool = False
    fetched_keys: KeysWanted = KeysWanted.NONE


@dataclass(frozen=True, slots=True)
class Source:
    """The folders, which may be none, and the cluster below them, None for none."""

    folders: tuple[Path, ...]
    where: Where | None


def where_options(command: Command) -> Command:
    """Add the options that name a cluster, as kubectl has them."""
    for option in (
        click.option("--kubeconfig", metavar="FILE", default="", help="How to reach the cluster, as for kubectl."),
        click.option("--context", metavar="NAME", default="", help="The kubeconfig's context to use."),
    ):
        command = option(command)
    return command


def cluster_option(command: Command) -> Command:
    """Add the switch between folders and a cluster."""
    about = "Take the objects of the cluster, and lay the folders over them.  [default: as `kubectl postern` only]"
    return click.option("--cluster/--no-cluster", "is_cluster", default=False, help=about)(command)


def namespace_option(command: Command) -> Command:
    """Add the choice of one namespace."""
    about = "Only this namespace of the cluster.  [default: all that you may read]"
    return click.option("--namespace", "-n", metavar="NAME", default="", help=about)(command)


def source_of(folders: tuple[Path, ...], where: Where, *, is_cluster: bool) -> Source:
    """What the options mean together; raises `click.UsageError` where they don't go together."""
    if is_cluster:
        return Source(folders, where)
    given = [f"--{name}" for name in ("context", "kubeconfig", "namespace") if getattr(where, name)]
    if given:
        raise click.UsageError(f"{given[0]} says which cluster is meant; give --cluster too")
    if not folders:
        raise click.UsageError("Missing argument 'FOLDER...'; name a folder with manifests, or give --cluster.")
    return Source(folders, None)
