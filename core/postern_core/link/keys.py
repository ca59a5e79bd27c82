"""Which credential has a key: the one that was granted it first and still claims it.

Rules of this file:
1. A credential keeps its key as long as it names it, whatever others are edited
   to name; one that isn't accepted gives up nothing.
2. A key without a grant goes to the oldest credential of its namespace that
   names it.
3. Credentials of several namespaces may have equal keys.  They count in the
   order in which they were first seen with the key, so that no edit puts one
   in front of another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from postern_core.grants import KeyGrant
from postern_core.ref import Ref

from .retained import NOTHING, Retained


class KeyClaim(NamedTuple):
    """A credential, its key, and the id of that key's grant in its namespace; `age` sorts the oldest first."""

    credential: Ref
    key: str
    grant: str
    age: tuple[str, str, str]


def settle_keys(
    claims: Iterable[KeyClaim],
    held: Mapping[str, KeyGrant],
    uncertain: Collection[Ref],
    retained: Retained = NOTHING,
) -> dict[str, KeyGrant]:
    """Give each key of each namespace to one credential; `held` are the grants so far.

    `uncertain` are credentials that aren't accepted and claim nothing, `retained` are namespaces whose credentials
    aren't known.
    """
    kept: dict[str, KeyGrant] = {}
    new: dict[str, KeyClaim] = {}
    for claim in claims:
        grant = held.get(claim.grant)
        if grant is not None and grant.credential == claim.credential.name:
            kept[claim.grant] = grant
            continue
        known = new.get(claim.grant)
        if known is None or claim.age < known.age:
            new[claim.grant] = claim
    kept |= _not_given_up(held, uncertain, retained)
    given = {id_: claim for id_, claim in new.items() if id_ not in kept}
    return kept | _granted(given, kept) if given else kept


def _not_given_up(held: Mapping[str, KeyGrant], uncertain: Collection[Ref], retained: Retained) -> dict[str, KeyGrant]:
    if not uncertain and not retained:
        return {}
    names = {(ref.namespace, ref.name) for ref in uncertain}

    def is_kept(namespace: str, credential: str) -> bool:
        return (namespace, credential) in names or retained.covers(namespace)

    return {id_: grant for id_, grant in held.items() if is_kept(id_.partition("/")[0], grant.credential)}


def _granted(given: Mapping[str, KeyClaim], kept: Mapping[str, KeyGrant]) -> dict[str, KeyGrant]:
    """New grants; each counts after those of the same key in other namespaces that were there before."""
    keys = {claim.key for claim in given.values()}
    latest: dict[str, int] = {}
    for id_, grant in kept.items():
        key = id_.partition("/")[2]
        if key in keys:
            latest[key] = max(grant.since, latest.get(key, 0))
    return {
        id_: KeyGrant(id=id_, credential=claim.credential.name, since=latest.get(claim.key, -1) + 1)
        for id_, claim in given.items()
    }
