"""The options of a command line, made by click from the declarations of `settings`."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from typing import Any, TypeVar

import click
import msgspec
from click.core import ParameterSource

from .settings import Setting, Syntax, build, settings_of

S = TypeVar("S", bound=msgspec.Struct)


class Checked(click.ParamType[str]):
    """Refuses a text that can't be read, and returns it as it is: `settings.build` reads it, or another program."""

    def __init__(self, syntax: Syntax) -> None:
        self.name = syntax.metavar
        self._read = syntax.read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text."""
        try:
            self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return str(value)

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Return the variable of a setting that repeats as one text: its reader knows what separates values."""
        return [rv]


class SettingOption(click.Option):
    """The option of a setting; its default is only shown, because the Struct has it."""

    def __init__(self, setting: Setting) -> None:
        declared = setting.option
        super().__init__(
            [setting.spelling, setting.name],
            type=Checked(declared.syntax) if declared.syntax else None,
            metavar=declared.syntax.metavar if declared.syntax else None,
            is_flag=None
            if declared.syntax
            else True,  # False would take a value that begins with a dash for an option.
            required=setting.is_required,
            multiple=declared.repeats,
            help=declared.meaning + (f"  [default: {setting.default}]" if setting.default else ""),
        )
        self.group = setting.group

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Return where the mistake is: the option, or its variable in the environment."""
        if ctx and self.name and ctx.get_parameter_source(self.name) is ParameterSource.ENVIRONMENT:
            return f"{ctx.auto_envvar_prefix}_{self.name.upper()}"
        return super().get_error_hint(ctx)


class SettingsCommand(click.Command):
    """A command whose help text has the options of a group below a heading of their own."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, those without a group first."""
        groups: dict[str, list[tuple[str, str]]] = {"": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record and isinstance(param, click.Option):
                groups.setdefault(getattr(param, "group", ""), []).append(record)
        for title, records in groups.items():
            with formatter.section(title or "Options"):
                formatter.write_dl(records)


def options_of(struct: type[msgspec.Struct], without: Collection[str] = ()) -> list[click.Parameter]:
    """Return an option for each setting, but for the named fields."""
    return [SettingOption(setting) for setting in settings_of(struct) if setting.field not in without]


def build_settings(struct: type[S], given: dict[str, Any]) -> S:
    """Return the settings; raises `click.UsageError` where their combination is refused."""
    try:
        return build(struct, given)
    except ValueError as error:
        raise click.UsageError(str(error), click.get_current_context()) from None


def read_command_line(
    struct: type[S], arguments: Sequence[str] | None, *, program: str, prefix: str, help_: str, epilog: str = ""
) -> S:
    """Read options and the environment; a mistake ends the process with the usage and status 2.

    Without arguments those of this process are read.  The variable of `--listen` is PREFIX_LISTEN; an option counts
    before it, and an empty variable is none.
    """
    example = next(settings_of(struct))
    rule = f"Each option can be a variable instead: {prefix}_{example.name.upper()} for {example.spelling}."
    command = SettingsCommand(
        program,
        params=options_of(struct),
        help=help_,
        epilog=f"{epilog}\n\n{rule}".strip("\n"),
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with command.make_context(program, given, auto_envvar_prefix=prefix) as context:
            return build_settings(struct, context.params)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
