"""How a setting is declared: a field of a msgspec Struct, annotated with its `Option`.

Options, environment variables, help texts and the tables of the reference follow from the declaration.  This module
does without click, so that a process which gets its settings as a value doesn't load it; see `options`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Any, NamedTuple, TypeVar, get_origin

import msgspec

from .addresses import parse_address

S = TypeVar("S", bound=msgspec.Struct)


class Syntax(NamedTuple):
    """How a value is written: its placeholder, a reader that raises ValueError, and how a default is shown."""

    metavar: str
    read: Callable[[str], Any]
    show: Callable[[Any], str] = str


@dataclass(frozen=True, slots=True)
class Option:
    """What a field's type doesn't say of a setting; without a syntax it is a flag."""

    syntax: Syntax | None
    meaning: str
    """One line, for the help text."""

    why: str = ""
    """Why it has this default, and what else is worth knowing; for the reference."""

    _: KW_ONLY
    spelling: str = ""
    """The option; by default the field's name with two dashes."""

    default: str = ""
    """The default in words, where its value says little."""

    group: str = ""
    """The heading in the help text; a nested Struct is a group of its own."""

    repeats: bool = False
    """Whether it may be given several times.  The reader then returns a tuple, and they are joined."""


class Setting(NamedTuple):
    """A setting as the programs and the reference see it."""

    field: str
    option: Option
    spelling: str
    group: str
    is_required: bool
    default: str
    """As it is shown; "" for a required setting and for a flag."""

    @property
    def name(self) -> str:
        """What its environment variable ends with, in lower case."""
        return self.spelling.removeprefix("--").replace("-", "_")


def settings_of(struct: type[msgspec.Struct], group: str = "") -> Iterator[Setting]:
    """Return what a Struct declares, in order; nested Structs are flattened."""
    for field in msgspec.structs.fields(struct):
        if nested := _nested(field):
            yield from settings_of(nested, field.name.capitalize())
        else:
            yield _setting(field, group)


def build(struct: type[S], given: Mapping[str, Any]) -> S:
    """Read what is given, texts by `Setting.name`, and leave the rest at its default.

    Raises ValueError where a text can't be read, or where the Struct refuses the combination.
    """
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        if nested := _nested(field):
            values[field.name] = build(nested, given)
            continue
        setting = _setting(field)
        value, syntax = given.get(setting.name), setting.option.syntax
        if value in (None, ()):
            continue
        if setting.option.repeats and syntax:
            values[field.name] = tuple(one for text in value for one in syntax.read(text))
        else:
            values[field.name] = syntax.read(value) if syntax else value
    return struct(**values)


def _nested(field: msgspec.structs.FieldInfo) -> type[msgspec.Struct] | None:
    return field.type if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct) else None


def _setting(field: msgspec.structs.FieldInfo, group: str = "") -> Setting:
    assert get_origin(field.type) is Annotated, f"{field.name} has no Option"
    (option,) = field.type.__metadata__
    default = option.default
    if not default and option.syntax and field.default is not msgspec.NODEFAULT:
        default = option.syntax.show(field.default)
    spelling = option.spelling or "--" + field.name.replace("_", "-")
    return Setting(field.name, option, spelling, option.group or group, field.required, default)


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) <= 65535:
        raise ValueError(f"{text!r} is not a port: they are 1 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) == 0:
        raise ValueError(f"{text!r} is not a number of 1 or more")
    return int(text)


def one_of(*choices: str) -> Syntax:
    """Return the syntax of a setting that is one of a few words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{text!r} is not one of {', '.join(choices)}")
        return text

    return Syntax("|".join(choices), read)


ADDRESS = Syntax("HOST:PORT", parse_address)
PORT = Syntax("PORT", _port)
COUNT = Syntax("N", _count)
BYTES = Syntax("BYTES", _count)
DIRECTORY = Syntax("DIR", str)
FILE = Syntax("FILE", str)
NAME = Syntax("NAME", str)
