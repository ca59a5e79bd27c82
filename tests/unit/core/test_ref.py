"""Identities."""

from postern_core.ref import Ref


def test_a_ref_has_the_forms_that_messages_and_snapshots_need():
    """`id`, `path` and `str` each spell the identity in their own way."""
    ref = Ref("Route", "demo", "json")

    assert ("Route/demo/json", "demo/json", "Route demo/json") == (ref.id, ref.path, str(ref))
