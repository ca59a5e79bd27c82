"""Why the keys of an issuer can't be had.

KeyFetchError      (an OperatorError)

A message names a status code, an error of TLS or of the network, or what is wrong with a key set.  It never holds a
byte of an answer's body, for with a URL of an attacker's choice that could be any internal service's.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from postern_operator.errors import OperatorError


class FetchReason(enum.StrEnum):
    """The kinds of failures; the value is the reason of a condition."""

    UNAVAILABLE = "KeysUnavailable"
    REDIRECTED = "Redirected"
    NOT_ALLOWED = "AddressNotAllowed"
    NO_USABLE_KEYS = "NoUsableKeys"
    ISSUER_MISMATCH = "IssuerMismatch"


@dataclass(frozen=True, slots=True)
class Failure:
    """What is kept of a failed fetch; an exception would keep the answer that it came from."""

    reason: FetchReason
    message: str


class KeyFetchError(OperatorError):
    """A fetch has failed; what was fetched before stays in force."""

    def __init__(self, reason: FetchReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    @classmethod
    def unexpected(cls, error: Exception) -> KeyFetchError:
        """Return the failure that stands for any other exception, of which only the type is shown."""
        return cls(FetchReason.UNAVAILABLE, f"no answer: {type(error).__name__}")
