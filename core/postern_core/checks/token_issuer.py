"""What can be wrong with a TokenIssuer by itself."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.token_issuer import TokenIssuer
from postern_core.validators import Validators

from .duplicates import duplicates
from .key_source import KEY_SOURCE_CHECKS
from .revoked import REVOKED_CHECKS


def callers_are_not_exactly_one(issuer: TokenIssuer, _: Validators) -> Iterator[tuple[str, str]]:
    callers = issuer.spec.callers
    if [callers.claim, callers.consumer, callers.anyone].count(None) != 2:  # all but one
        yield "spec.callers", "must have exactly one of claim, consumer and anyone"


def audience_is_not_named(issuer: TokenIssuer, _: Validators) -> Iterator[tuple[str, str]]:
    if bool(issuer.spec.audiences) == issuer.spec.any_audience:
        yield "spec.audiences", "must name one audience at least, or anyAudience must be true, not both"


def value_is_named_twice(issuer: TokenIssuer, _: Validators) -> Iterator[tuple[str, str]]:
    yield from duplicates("spec.algorithms", issuer.spec.algorithms)
    yield from duplicates("spec.audiences", issuer.spec.audiences)


ISSUER_CHECKS = (
    *KEY_SOURCE_CHECKS,
    callers_are_not_exactly_one,
    audience_is_not_named,
    value_is_named_twice,
    *REVOKED_CHECKS,
)
