"""`postern completion`: the script by which a shell completes commands, options and paths."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    Examples:
      postern completion bash > ~/.local/share/bash-completion/completions/postern
      postern completion zsh > "${fpath[1]}/_postern"
      postern completion fish > ~/.config/fish/completions/postern.fish
    """  # noqa: D301 # click wants the character, not its escape
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(context.find_root().command, {}, "postern", "_POSTERN_COMPLETE")
    # Not the script's own `source`: for bash it starts the bash of this machine to ask for its version.
    click.echo(ShellComplete.source(script))
