"""The attempts of a route's requests, ready for an exchange: how many, after which statuses, and how long."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from postern_core.snapshot_attempts import Retry, Timeouts


class CompiledAttempts(NamedTuple):
    """So many `retries` after one of these statuses; times are in seconds, None for no end."""

    codes: frozenset[int]
    retries: int
    request_s: float | None
    attempt_s: float | None


@lru_cache(maxsize=1024)
def compiled_attempts(retry: Retry | None, timeouts: Timeouts | None) -> CompiledAttempts | None:
    """The attempts of a route, None where it says nothing of them; routes of a service share them."""
    if retry is None and timeouts is None:
        return None
    request_ms, attempt_ms = (timeouts.request_ms, timeouts.attempt_ms) if timeouts else (None, None)
    return CompiledAttempts(
        frozenset(retry.codes if retry else ()), retry.attempts if retry else 0, _s(request_ms), _s(attempt_ms)
    )


def _s(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
