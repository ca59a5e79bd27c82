"""Configurations of other programs, with `<<name>>` where a value belongs: a sign that none of their languages has."""

from __future__ import annotations

import re
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
_PLACE = re.compile(r"<<(\w+)>>")


def render(template: str, /, **values: object) -> str:
    """The text of a template in `bench/peers` with its values; one too few or too many is a mistake of ours."""
    text = (PEERS / template).read_text(encoding="utf-8")
    places = set(_PLACE.findall(text))
    if places != values.keys():
        raise ValueError(f"{template} wants {sorted(places)} and was given {sorted(values)}")
    return _PLACE.sub(lambda place: str(values[place[1]]), text)
