"""The tables of settings in docs/reference, from the declarations of the programs; `build_reference` writes them."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from postern_cli.run import DECIDED
from postern_dataplane.settings import PREFIX as DATAPLANE_PREFIX
from postern_dataplane.settings import Settings as DataPlaneSettings
from postern_dataplane.sync.settings import PREFIX as SYNC_PREFIX
from postern_dataplane.sync.settings import SyncSettings
from postern_kit.settings import Setting, settings_of
from postern_operator.cluster.settings import PREFIX as OPERATOR_PREFIX
from postern_operator.cluster.settings import Settings as OperatorSettings

PAGES = [Path(__file__).parent / "reference" / f"{name}.md" for name in ("cli", "limits", "operator", "sync")]
PROGRAMS: dict[str, tuple[type[msgspec.Struct], str]] = {
    "dataplane": (DataPlaneSettings, DATAPLANE_PREFIX),
    "operator": (OperatorSettings, OPERATOR_PREFIX),
    "run": (DataPlaneSettings, "POSTERN_RUN"),
    "sync": (SyncSettings, SYNC_PREFIX),
}
# A place for a table names the program, and a group of its settings where it has groups.
PLACE = re.compile(r"(<!-- settings: (\w+) ?([\w ]*) -->\n).*?(<!-- end of settings -->)", re.DOTALL)
HEAD = "| option | variable | default | meaning |\n| --- | --- | --- | --- |\n"


def filled(page: str) -> str:
    """Return the page with each of its tables made anew."""
    return PLACE.sub(lambda place: f"{place[1]}\n{table(place[2], place[3])}\n{place[4]}", page)


def table(program: str, group: str) -> str:
    """Return the settings of a group, those without one for "", and of `postern run` all that it passes on."""
    struct, prefix = PROGRAMS[program]
    if program == "run":
        chosen = [one for one in settings_of(struct) if one.field not in DECIDED]
    else:
        chosen = [one for one in settings_of(struct) if one.group == group]
    return HEAD + "".join(row(one, prefix, has_reasons=program != "run") for one in chosen)


def row(setting: Setting, prefix: str, *, has_reasons: bool) -> str:
    """Return the line of a setting, with its reasons where the page is the one that explains it."""
    option = setting.option
    syntax = f" {option.syntax.metavar}" if option.syntax else ""
    default = "required" if setting.is_required else setting.default or "off"
    shown = default if option.default or setting.is_required or not option.syntax else f"`{default}`"
    meaning = f"{option.meaning} {option.why}".strip() if has_reasons else option.meaning
    cells = [f"`{setting.spelling}{syntax}`", f"`{prefix}_{setting.name.upper()}`", shown, meaning]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
