"""The exception tree of the data plane."""

from __future__ import annotations

from postern_dataplane.errors import DataPlaneError, SnapshotError


def test_a_refused_snapshot_says_which_and_whether_it_may_heal():
    """By the digest of its index."""
    error = SnapshotError("why", digest="abc", may_heal=True)
    assert ("why", "abc", True, True) == (str(error), error.digest, error.may_heal, isinstance(error, DataPlaneError))
