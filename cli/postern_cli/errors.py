"""What can go wrong in the command line beside what the shells raise.

CommandError
    ClusterReadingError    a cluster can't be reached, or does not let us read what a command is about
        RefusedError       the API server has answered, and the answer is no

A message is for people and never holds a secret.  Mistakes in how a command is
written are click's own.
"""

from __future__ import annotations


class CommandError(Exception):
    """The root of the tree."""


class ClusterReadingError(CommandError):
    """What a command needs of a cluster can't be had."""


class RefusedError(ClusterReadingError):
    """An answer that is no success; `what` was asked for, and `why` is the status in numbers and words."""

    def __init__(self, what: str, status: int, reason: str) -> None:
        self.why = f"{status} {reason}".rstrip()
        self.status = status
        super().__init__(f"the API server refuses {what}: {self.why}")
