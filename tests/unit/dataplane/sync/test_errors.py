"""The tree of what can go wrong in the sidecar."""

from __future__ import annotations

import pytest

from postern_dataplane.errors import DataPlaneError
from postern_dataplane.sync.errors import ApiError, GenerationError, StartError, SyncError


@pytest.mark.parametrize("error", [StartError("a"), ApiError("a", status=404), GenerationError("a", may_heal=True)])
def test_one_root_catches_all(error):
    """A message is for people, and has nothing else in it."""
    assert ("a", True, True) == (str(error), isinstance(error, SyncError), isinstance(error, DataPlaneError))
