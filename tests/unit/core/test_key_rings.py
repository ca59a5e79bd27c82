"""The keys of one credential together."""

from __future__ import annotations

from postern_core.link.key_rings import SHADOWED, TOO_MANY, UNNAMED, key_ring
from postern_core.link.public_keys import Material
from postern_core.problems import Reason
from postern_core.resources.jwt_credential import CredentialKeySpec
from postern_core.snapshot import Key


def entry(place, *ids, passed_over=0, warnings=(), suffix=""):
    keys = tuple(Key(material=f"{id_ or number}{suffix}", id=id_) for number, id_ in enumerate(ids))
    return place, CredentialKeySpec(), Material(keys, passed_over, warnings)


def messages(ring):
    return [(place, note.message) for place, note in ring.notes]


def test_the_keys_of_all_entries_stay_in_order():
    """What is said of an entry has its place."""
    ring = key_ring([entry(0, "a", passed_over=2), entry(2, "b", passed_over=1, warnings=("odd",))])
    assert (["a", "b"], 3, [(2, "odd")]) == ([key.id for key in ring.keys], ring.passed_over, messages(ring))


def test_a_kid_that_shadows_is_passed_over_with_a_warning():
    """The first of two keys with one id counts, or a new set could take the place of a key."""
    ring = key_ring([entry(0, "a"), entry(1, "a", "b", suffix="!")])
    assert ["a", "b!"] == [key.material for key in ring.keys]
    assert (1, [(1, SHADOWED)], Reason.WARNING) == (ring.passed_over, messages(ring), ring.notes[0][1].reason)


def test_an_equal_key_is_one_key():
    """No warning is due for it."""
    ring = key_ring([entry(0, "a"), entry(1, "a")])
    assert (1, 0, ()) == (len(ring.keys), ring.passed_over, ring.notes)


def test_an_entry_that_would_make_them_too_many_is_refused_alone():
    """The others go on serving."""
    sets = [entry(0, *map(str, range(100))), entry(1, "more"), entry(2, "1")]
    ring = key_ring(sets)
    assert (100, [(1, TOO_MANY)]) == (len(ring.keys), messages(ring))
    assert Reason.INVALID_KEY_MATERIAL is ring.notes[0][1].reason


def test_keys_that_are_never_tried_are_warned_of():
    """More than sixteen without an id cost too much to try."""
    assert [(0, UNNAMED)] == messages(key_ring([entry(0, *[None] * 17)]))
    assert [] == messages(key_ring([entry(0, *[None] * 16), entry(1, "a")]))
