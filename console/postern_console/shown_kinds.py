"""The kinds that pages show: ours, and those of Kubernetes that a gateway serves beside them. Pure.

A kind without a form is read-only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from postern_core.kinds import FRONT_ENDS, KINDS, Parent


@dataclass(frozen=True, slots=True)
class ShownKind:
    """The heading of a list, the path of its page, and the kind that an object belongs to."""

    title: str
    plural: str
    parent: Parent | None = None


SHOWN_KINDS: Mapping[str, ShownKind] = MappingProxyType(
    {name: ShownKind(kind.title, kind.plural, kind.parent) for name, kind in KINDS.items()}
    | {name: ShownKind(f"{name}es", f"{name.lower()}es") for name in sorted(FRONT_ENDS - KINDS.keys())}
)
