"""What may be done with an object from a console. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permissions:
    """Why an object can't be edited, or a token be made with it, "" for neither; `note` is what an editor must know."""

    edit: str = ""
    token: str = ""
    note: str = ""


EVERYTHING = Permissions()
