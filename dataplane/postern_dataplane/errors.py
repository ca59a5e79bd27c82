"""What can go wrong in a data plane beside the requests themselves.

DataPlaneError
    ListenError        an address can't be listened on: the process can't start
    ChannelError       a worker and its supervisor don't understand each other
    SnapshotError      a snapshot on disk can't be taken into force; the last good one stays
    CertificateError   a certificate on disk can't be served; the last good one stays
    StateError         a connection made a move that its table of states forbids: a fault of this program

A message is for the data plane's log, and never holds a secret.  A refused
request is no exception: see `request.denials`.
"""

from __future__ import annotations


class DataPlaneError(Exception):
    """The root of the tree."""


class ListenError(DataPlaneError):
    """An address can't be listened on."""


class ChannelError(DataPlaneError):
    """What came through a channel is not a message."""


class SnapshotError(DataPlaneError):
    """A snapshot was refused; `digest` is of its index, "" where even that can't be read.

    `may_heal` says that reading the same again may succeed: a file that is
    missing now may be there in a moment, while bad bytes stay bad.
    """

    def __init__(self, message: str, *, digest: str = "", may_heal: bool = False) -> None:
        super().__init__(message)
        self.digest = digest
        self.may_heal = may_heal


class CertificateError(DataPlaneError):
    """A certificate was refused; `may_heal` as above: a key that is missing now may be there in a moment."""

    def __init__(self, message: str, *, may_heal: bool = False) -> None:
        super().__init__(message)
        self.may_heal = may_heal


class StoreError(DataPlaneError):
    """The store of rate limits has not answered what it was asked."""


class StateError(DataPlaneError):
    """A state machine was asked for a move that its table forbids; what it belongs to has been aborted."""
