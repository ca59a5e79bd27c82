"""Write docs/reference/fields.md, every field of every kind, from the typed models themselves; and other tables.

The prose, defaults and bounds live in the models; here they only become a table.  What a kind is for, with
examples, is written by hand in docs/reference/kinds.md.  The tables of settings and metrics, from
the declarations in the programs, are made by `settings_tables` and `metrics_table`, within pages written by hand;
`state_diagrams` draws the machines of connections likewise.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

import metrics_table
import msgspec
import settings_tables
import state_diagrams
from msgspec import inspect

from postern_core.kinds import API_VERSION, KINDS
from postern_core.resources.jwt_policy import JWTBlock
from postern_core.resources.types import HINTS

PAGE = Path(__file__).parent / "reference" / "fields.md"
HEADER = f"""# Every field

<!-- Written by `make docs` from core/postern_core/resources; edit the prose there. -->

These are the fields of `{API_VERSION}`, as the strict decoder knows them.
A field that is not in this list is a mistake, and the message names its path.
In a cluster `kubectl explain psvc.spec`, `prt.spec`, `pcons.spec`, `pjwt.spec`, `pti.spec` and `pjp.spec` say the same.
What the kinds are for, with examples, is in [kinds.md](kinds.md).

"""
HEAD = "| field | value | default | meaning |"
RULE = "| --- | --- | --- | --- |"


def main() -> int:
    """Write the pages anew."""
    PAGE.write_text(page(), encoding="utf-8")
    for path in settings_tables.PAGES:
        path.write_text(settings_tables.filled(path.read_text(encoding="utf-8")), encoding="utf-8")
    for path in metrics_table.PAGES:
        path.write_text(metrics_table.filled(path), encoding="utf-8")
    diagrams = state_diagrams.filled(state_diagrams.PAGE.read_text(encoding="utf-8"))
    state_diagrams.PAGE.write_text(diagrams, encoding="utf-8")
    return 0


def page() -> str:
    """The whole page, as it must be on disk."""
    kinds = [kind_section(kind) for kind in KINDS]
    return HEADER + "\n".join([*kinds, section("auth.jwt", "spec.auth.jwt", JWTBlock)])


def kind_section(kind: str) -> str:
    """A kind's spec, and below it what the operator writes into its status."""
    row = KINDS[kind]
    table = [HEAD, RULE, *rows("spec", inspect.type_info(row.spec)), *rows("status", inspect.type_info(row.status))]
    return "\n".join([f"## {kind}", "", lines(row.resource), "", *table, ""])


def section(title: str, path: str, spec: type[Any]) -> str:
    table = [HEAD, RULE, *rows(path, inspect.type_info(spec))]
    return "\n".join([f"## {title}", "", lines(spec), "", *table, ""])


def rows(path: str, struct: inspect.Type) -> Iterator[str]:
    """One row a field, those of nested objects right below their own."""
    assert isinstance(struct, inspect.StructType)
    for field in struct.fields:
        bare, prose = unwrapped(field.type)
        item, item_prose = unwrapped(bare.item_type) if isinstance(bare, inspect.VarTupleType) else (bare, "")
        name = f"{path}.{field.encode_name}" + ("[]" if item is not bare else "")
        meaning = prose or item_prose or (paragraph(item.cls) if isinstance(item, inspect.StructType) else "")
        yield f"| `{name}` | {words(bare)} | {default(field)} | {cell(meaning)} |"
        # What Service and Route share has a section of its own.
        if isinstance(item, inspect.StructType) and item.cls is not JWTBlock:
            yield from rows(name, item)


def unwrapped(kind: inspect.Type) -> tuple[inspect.Type, str]:
    """The type without its description and without None, and the description."""
    prose = ""
    while True:
        if isinstance(kind, inspect.Metadata):
            prose = prose or (kind.extra_json_schema or {}).get("description", "")
            kind = kind.type
            continue
        if isinstance(kind, inspect.UnionType):
            real = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
            if len(real) == 1:
                kind = real[0]
                continue
        return kind, prose


def words(kind: inspect.Type) -> str:
    """What may be written there, in words."""
    kind, _ = unwrapped(kind)
    match kind:
        case inspect.StrType(pattern=pattern):
            return hint(pattern)
        case inspect.IntType(ge=low, le=high):
            return f"{low} to {high}"
        case inspect.BoolType():
            return "`true` or `false`"
        case inspect.LiteralType(values=values):
            return " or ".join(f"`{value}`" for value in values) if len(values) < 5 else ", ".join(map(str, values))
        case inspect.DateTimeType():
            return "an RFC 3339 time with zone"
        case inspect.StructType():
            return "an object"
        case inspect.VarTupleType(item_type=item, min_length=low, max_length=high):
            bounds = f"{low or 0} to {high}" if high else "any number"
            return f"a list of {bounds}, each {words(item)}"
        case inspect.UnionType(types=types) if any(isinstance(one, inspect.BoolType) for one in types):
            return "a text, a number, `true` or `false`"
        case inspect.UnionType(types=types):
            return ", or ".join(words(one) for one in types)
    raise NotImplementedError(f"no words yet for {kind}")


def hint(pattern: str | None) -> str:
    """The short form of what a mistake's message says about a pattern."""
    text = HINTS.get(pattern or "", "")
    if not text.startswith("must be "):
        return "text"
    return cell(text.removeprefix("must be ").split(":")[0])


def default(field: inspect.Field) -> str:
    if field.required:
        return "required"
    value = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
    if value in (msgspec.NODEFAULT, msgspec.UNSET, None, (), ""):
        return "none"
    if isinstance(value, msgspec.Struct):
        return "as below"
    return f"`{cell(msgspec.json.encode(plain(value)).decode())}`"


def plain(value: Any) -> Any:
    """A default without the parts that say nothing."""
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, msgspec.Struct):
        return {key: text for key, text in msgspec.to_builtins(value).items() if text is not None}
    return value


def lines(described: type[Any]) -> str:
    """A docstring as it stands, one sentence a line."""
    return cleandoc(described.__doc__ or "").replace("\n\n", "\n")


def paragraph(described: type[Any]) -> str:
    return cell((described.__doc__ or "").replace("\n\n", " "))


def cell(text: str) -> str:
    """A text fit for one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
