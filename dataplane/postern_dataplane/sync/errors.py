"""What can go wrong in the sidecar.

DataPlaneError
    SyncError
        StartError         the process can't start with its settings
        ApiError           the API server can't be asked, or says no; time may heal that
        GenerationError    what is published can't be handed on; the last good generation stays

A message is for the log: it has names and digests, and never what was read.
"""

from __future__ import annotations

from postern_dataplane.errors import DataPlaneError


class SyncError(DataPlaneError):
    """The root of the sidecar's part of the tree."""


class StartError(SyncError):
    """The process can't start with its settings."""


class ApiError(SyncError):
    """The API server could not be asked; `status` is its answer, None where there was none."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class GenerationError(SyncError):
    """A generation can't be handed on.

    `may_heal` says that the same index may succeed later, when a shard has
    come or the API server has; a bad index waits for another one.
    """

    def __init__(self, message: str, *, may_heal: bool) -> None:
        super().__init__(message)
        self.may_heal = may_heal
