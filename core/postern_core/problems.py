"""Mistakes in users' resources, as values.

A mistake is never an exception: the compiler collects every problem of every
object and goes on.  Conditions, events and the command line are made from
these afterwards.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from .ref import Ref


class Reason(enum.Enum):
    """Why a condition is False; the value is the reason in the status.

    The second half of each member is the condition it makes False, or None
    for a warning, which makes none False.  `Warning` comes of what was written,
    the other warnings of a state that ends by itself.
    """

    INVALID = ("Invalid", "Accepted")
    TOO_LARGE = ("TooLarge", "Accepted")
    SHARE_EXCEEDED = ("ShareExceeded", "Accepted")
    CONFLICTED = ("Conflicted", "Accepted")
    HOST_CONFLICT = ("HostConflict", "Accepted")
    POLICY_REQUIRED = ("PolicyRequired", "Accepted")
    TARGET_NOT_FOUND = ("TargetNotFound", "Accepted")
    SERVICE_NOT_FOUND = ("ServiceNotFound", "ResolvedRefs")
    SERVICE_INVALID = ("ServiceInvalid", "ResolvedRefs")
    POLICY_NOT_FOUND = ("PolicyNotFound", "ResolvedRefs")
    POLICY_INVALID = ("PolicyInvalid", "ResolvedRefs")
    CONSUMER_NOT_FOUND = ("ConsumerNotFound", "ResolvedRefs")
    TOKEN_ISSUER_NOT_FOUND = ("TokenIssuerNotFound", "ResolvedRefs")
    SECRET_NOT_FOUND = ("SecretNotFound", "ResolvedRefs")
    SECRET_KEY_MISSING = ("SecretKeyMissing", "ResolvedRefs")
    INVALID_KEY_MATERIAL = ("InvalidKeyMaterial", "ResolvedRefs")
    WEAK_KEY = ("WeakKey", "ResolvedRefs")
    INVALID_CERTIFICATE = ("InvalidCertificate", "ResolvedRefs")
    CERTIFICATE_MISMATCH = ("CertificateMismatch", "ResolvedRefs")
    KEYS_UNAVAILABLE = ("KeysUnavailable", "ResolvedRefs")
    KEYS_EXPIRED = ("KeysExpired", "ResolvedRefs")
    NO_USABLE_KEYS = ("NoUsableKeys", "ResolvedRefs")
    ADDRESS_NOT_ALLOWED = ("AddressNotAllowed", "ResolvedRefs")
    REDIRECTED = ("Redirected", "ResolvedRefs")
    ISSUER_MISMATCH = ("IssuerMismatch", "ResolvedRefs")
    UPSTREAM_NOT_FOUND = ("UpstreamNotFound", "ResolvedRefs")
    INGRESS_CLASS_NOT_FOUND = ("IngressClassNotFound", "ResolvedRefs")
    GATEWAY_NOT_FOUND = ("GatewayNotFound", "ResolvedRefs")
    WARNING = ("Warning", None)
    NO_READY_ENDPOINT = ("NoReadyEndpoint", None)
    KEYS_STALE = ("KeysStale", None)

    def __init__(self, text: str, condition: str | None) -> None:
        self.text = text
        self.condition = condition


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: whose it is, where, what is wrong and the way out.

    `field` is the path as `kubectl explain` spells it (`spec.hosts[0]`), empty
    when the whole object is meant.  `causes` are the other objects involved.
    """

    ref: Ref
    reason: Reason
    field: str
    message: str
    causes: tuple[Ref, ...] = ()

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"{self.ref}: {where}{self.message}"

    @property
    def is_warning(self) -> bool:
        return self.reason.condition is None


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return each problem once, sorted, so that the order of the input shows nowhere."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda it: (it.ref, it.reason.name, it.field, it.message)))


def by_ref(problems: Iterable[Problem]) -> dict[Ref, tuple[Problem, ...]]:
    """Return the problems of each object that has some, in order of Ref."""
    ordered = sorted(problems, key=attrgetter("ref"))
    return {ref: tuple(own) for ref, own in groupby(ordered, key=attrgetter("ref"))}


def printable(text: str) -> str:
    """Return a text fit for a line of a message, which goes to logs and terminals."""
    return "".join(char if char.isprintable() else "?" for char in text)
