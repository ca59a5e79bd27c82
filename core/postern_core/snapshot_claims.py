"""The parts of a policy that say what claims must hold, and which go upstream."""

from __future__ import annotations

from typing import Literal

from .snapshot_entry import Entry

HeaderEncoding = Literal["Plain", "Percent", "Base64"]


class ClaimMatch(Entry, frozen=True):
    """A claim that must hold one value of `any_of`, or all of `all_of`: one of the two is not empty.

    `path` leads to the member of an object; without it the claim is `name`.
    The values are the texts of `claim_values.scalar_text`.
    """

    name: str
    any_of: tuple[str, ...]
    path: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()


class ForwardClaim(Entry, frozen=True):
    """A claim that goes upstream in a header; `path` as in ClaimMatch.

    A list goes only with a `join`, which stands between its elements.
    """

    claim: str
    header: str
    path: tuple[str, ...] = ()
    join: str = ""
    encoding: HeaderEncoding = "Plain"
