"""What can go wrong in the operator beside the manifests themselves.

OperatorError
    LocalError         a folder, a file or the state folder can't be used; the message says the way out
    ManifestError      a text is not a manifest: where, and why

A message is for people and never holds a secret.  What is wrong with an object
that can be read is no exception: see `postern_core.problems`.
"""

from __future__ import annotations


class OperatorError(Exception):
    """The root of the tree."""


class LocalError(OperatorError):
    """Something on this machine's disk can't be used."""


class ManifestError(OperatorError):
    """A text can't be read; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
