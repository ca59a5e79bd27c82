"""Strict decoding that names every mistake, not only the first.

msgspec stops at one; here that one is noted, taken out of a copy, and the rest
is decoded again.  How msgspec words it belongs in `msgspec_errors`, what the
types mean in `resources`.
"""

from __future__ import annotations

import copy
import difflib
import functools
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from .msgspec_errors import Fault, Mismatch, Path, mismatch_of
from .problems import printable
from .resources.types import HINTS

# Further mistakes of the same object are not listed.
MISTAKES_MAX = 20

T = TypeVar("T")

_DATETIME = "must be a date and time with zone, such as 2027-06-30T00:00:00Z"
_JSON_NAMES = {
    "str": "a text",
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
    "None": "null",
}


def decode_strictly(spec: object, type_: type[T]) -> tuple[T | None, list[tuple[str, str]]]:
    """Decode `spec`, or say what is wrong: pairs of field path (`spec.hosts[0]`) and message.

    The value is None if and only if there are mistakes.
    """
    try:
        return msgspec.convert(spec, type_), []
    except msgspec.ValidationError as error:
        return None, _mistakes(spec, type_, mismatch_of(error))


def _mistakes(spec: object, type_: type, error: Mismatch | None) -> list[tuple[str, str]]:
    rest = copy.deepcopy(spec)
    found: list[tuple[str, str]] = []
    removed: set[Path] = set()
    shifted: dict[Path, list[int]] = {}
    while error is not None and len(found) < MISTAKES_MAX:
        whole = _original((*error.path, error.member) if error.member else error.path, shifted)
        if whole not in removed and whole not in shifted:  # a list that is too short now was long enough before
            found.append((_spelled(whole), _friendly(error, type_, rest)))
        target = (*error.path, error.member) if error.fault is Fault.UNKNOWN_FIELD else error.path
        if not target:
            break
        removed.add(_original(target, shifted))
        _remove(rest, target, shifted)
        error = _error_of(rest, type_)
    return found


def _error_of(spec: object, type_: type) -> Mismatch | None:
    try:
        msgspec.convert(spec, type_)
    except msgspec.ValidationError as error:
        return mismatch_of(error)
    return None


def _remove(value: Any, path: Path, shifted: dict[Path, list[int]]) -> None:
    """Take one node out; `shifted` remembers which indices a shortened list had at first."""
    for step in path[:-1]:
        value = value[step]
    last = path[-1]
    if isinstance(last, int):
        home = _original(path[:-1], shifted)
        shifted.setdefault(home, list(range(len(value)))).pop(last)
    if isinstance(value, tuple):  # a frozen list can't be shortened, and YAML or JSON never makes one
        raise TypeError("manifests hold lists, not tuples")
    del value[last]


def _original(path: Path, shifted: dict[Path, list[int]]) -> Path:
    """The path as it is in the user's text, before anything was removed."""
    done: Path = ()
    for step in path:
        first = shifted[done][step] if isinstance(step, int) and done in shifted else step
        done = (*done, first)
    return done


def _spelled(path: Path) -> str:
    spelled = "spec" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return printable(spelled)  # an unknown name may hold anything


def _friendly(error: Mismatch, type_: type, spec: object) -> str:
    """The message of msgspec in words that say what to do."""
    here = _type_at(_declared(type_), error.path)
    if error.fault is Fault.MISSING_FIELD:
        return "is required"
    if error.fault is Fault.UNKNOWN_FIELD:
        names = [f.encode_name for f in here.fields] if isinstance(here, inspect.StructType) else []
        return f"unknown field{_suggestion(error.member, names)}; known here: {', '.join(names)}"
    if error.fault is Fault.UNKNOWN_VALUE:
        return _one_of(here, _value_at(spec, error.path))
    if error.fault is Fault.NOT_A_DATETIME:
        return _DATETIME
    for known, hint in HINTS.items():
        if repr(known) in error.pattern or known in error.pattern:
            return hint
    return _expectation(error)


@functools.cache
def _declared(type_: type) -> inspect.Type:
    """What a type declares; msgspec takes milliseconds to say so, and there are as many types as kinds."""
    return inspect.type_info(type_)


def _one_of(here: inspect.Type | None, value: object) -> str:
    options = map(_bare, here.types) if isinstance(here, inspect.UnionType) else (here,)
    values = [str(v) for option in options if isinstance(option, inspect.LiteralType) for v in option.values]
    return f"{value!r} is not known here{_suggestion(str(value), values)}; use one of {', '.join(values)}"


def _suggestion(wrong: str, known: list[str]) -> str:
    folded = {name.lower(): name for name in known}
    close = difflib.get_close_matches(wrong.lower(), folded, n=1, cutoff=0.6)
    return f" (did you mean {folded[close[0]]}?)" if close else ""


def _expectation(error: Mismatch) -> str:
    """What may stand there, and what does, in the words of JSON and YAML."""
    if not error.expected:
        return error.message[:1].lower() + error.message[1:]
    names = [name for name in error.expected if name != "null"] or ["null"]
    expected = " or ".join(_JSON_NAMES.get(name, name) for name in names)
    got = f", not {_JSON_NAMES.get(error.got, error.got)}" if error.got else ""
    quoted = "; put it in quotes" if names[0] == "str" and error.got in ("int", "float", "bool") else ""
    return f"must be {expected}{error.bound}{got}{quoted}"


def _type_at(type_: inspect.Type | None, path: Path) -> inspect.Type | None:
    """The declared type of a node, None where the path leads out of what is declared."""
    type_ = _bare(type_)
    for step in path:
        options = type_.types if isinstance(type_, inspect.UnionType) else (type_,)
        type_ = None
        for option in map(_bare, options):
            if isinstance(step, int) and isinstance(option, inspect.VarTupleType):
                type_ = _bare(option.item_type)
            elif isinstance(option, inspect.StructType):
                type_ = next((_bare(f.type) for f in option.fields if f.encode_name == step), type_)
    return type_


def _bare(type_: inspect.Type | None) -> inspect.Type | None:
    """Without its prose, and without the alternatives that are only "not set"."""
    if isinstance(type_, inspect.Metadata):
        return _bare(type_.type)
    if isinstance(type_, inspect.UnionType):
        options = [_bare(option) for option in type_.types]
        real = [o for o in options if not isinstance(o, inspect.NoneType)]
        return real[0] if len(real) == 1 else type_
    return type_


def _value_at(value: Any, path: Path) -> object:
    for step in path:
        value = value[step]
    return value
