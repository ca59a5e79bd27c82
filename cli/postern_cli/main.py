"""The entry point `postern`: which commands there are, and how an error is printed.

What a command does belongs in its own module, which is imported when it is asked for.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NoReturn

try:
    import click
except ModuleNotFoundError:
    sys.exit("postern: the command line is an extra: pip install 'postern-gateway[operator,dataplane]'")
from postern_dataplane.errors import DataPlaneError
from postern_operator.errors import OperatorError

from .errors import CommandError

COMMANDS = MappingProxyType(
    {
        "run": "postern_cli.run",
        "validate": "postern_cli.validate",
        "token": "postern_cli.token",
        "explain": "postern_cli.explain",
        "status": "postern_cli.status",
        "console": "postern_console.console",
        "convert": "postern_cli.convert",
        "completion": "postern_cli.completion",
    }
)

# The commands that read a cluster unless --no-cluster is set, when kubectl runs them.
ABOUT_OBJECTS = ("validate", "token", "explain", "console", "convert")

# What a package is installed with, where that isn't what everything else is.
EXTRAS = MappingProxyType({"kubernetes": "operator,dataplane,cluster", "jinja2": "operator,dataplane,console"})

# What a shell says of a program that was interrupted: 128 + SIGINT.
INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command that was asked for, and end the process with its status."""
    _run(prog_name="postern")


def kubectl_main() -> NoReturn:
    """The same as `kubectl postern`, by which kubectl finds `kubectl-postern` on the PATH."""
    _run(prog_name="kubectl postern", default_map={name: {"is_cluster": True} for name in ABOUT_OBJECTS})


def _run(**settings: Any) -> NoReturn:
    try:
        status = cli.main(standalone_mode=False, **settings)
        sys.stdout.flush()
    except click.ClickException as mistake:
        mistake.show()
        status = mistake.exit_code
    except (CommandError, OperatorError, DataPlaneError) as mistake:
        click.echo(f"Error: {mistake}", err=True)
        status = 1
    except ModuleNotFoundError as missing:
        click.echo(f"Error: {describe(missing)}" if _is_ours(missing) else f"Error: {_lacking(missing)}", err=True)
        status = 1
    except (click.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    except BrokenPipeError:
        # Python flushes once more at its end, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except Exception as error:  # noqa: BLE001 # a mistake of ours is an error message as well
        click.echo(f"Error: {describe(error)}", err=True)
        status = 1
    sys.exit(status)


def describe(error: Exception) -> str:
    """What may be said of an unexpected exception: its type and place, for its text may quote a secret."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    where = " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames)
    return f"this should not happen ({type(error).__name__} at {where}); please report it"


class Loaded(Mapping[str, click.Command]):
    """The commands by name, each imported when it is looked at."""

    def __getitem__(self, name: str) -> click.Command:
        module = COMMANDS[name]
        try:
            command: click.Command = getattr(importlib.import_module(module), name)
        except ModuleNotFoundError as error:
            if _is_ours(error):
                raise
            return _uninstalled(name, error)
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


def _is_ours(missing: ModuleNotFoundError) -> bool:
    """Whether a part of this project is missing, which no extra would bring."""
    return (missing.name or "").startswith("postern_")


def _lacking(missing: ModuleNotFoundError) -> str:
    """What to install."""
    module = (missing.name or "").partition(".")[0]
    extras = EXTRAS.get(module, "operator,dataplane")
    return f"this needs {module}, which is missing: pip install 'postern-gateway[{extras}]'"


def _uninstalled(name: str, missing: ModuleNotFoundError) -> click.Command:
    """Stands for a command that this installation has not all the packages of."""

    def say_so(**_: object) -> NoReturn:
        raise click.ClickException(_lacking(missing))

    return click.Command(
        name,
        callback=say_so,
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True},
        short_help="(not installed)",
    )


class Postern(click.Group):
    """The group of all commands, in the order in which one meets them."""

    commands: Mapping[str, click.Command]  # type: ignore[assignment] # they are never added to

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 # the interface is click's
        return list(self.commands)


@click.group(
    cls=Postern,
    commands=Loaded(),
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "POSTERN", "max_content_width": 100},
)
@click.version_option(package_name="postern-gateway", message="postern %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Postern lets through only requests with a valid JSON Web Token.

    Applications, routes, callers and keys are manifests in a folder, or objects of a cluster.

    \b
    Examples:
      postern validate manifests          every mistake, with the field and the way out
      postern run manifests               serve, watch, reload
      postern token --credential oiloil --namespace demo --ttl 24h manifests
      postern explain manifests -- GET https://shop.example.com/v1/orders
      postern status                      what a cluster serves, and what is wrong
      postern convert ingress-nginx manifests   what Postern makes of Ingresses for nginx
      kubectl postern validate            the same commands, about kubectl's cluster

    FOLDER... are folders or files with manifests (*.yaml, *.yml, *.json).
    Every option may be given in the environment: POSTERN_RUN_LISTEN stands for `postern run --listen`.
    """  # noqa: D301 # click wants the character, not its escape
    # https://no-color.org: any value but an empty one counts.
    if os.environ.get("NO_COLOR"):
        context.color = False
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
