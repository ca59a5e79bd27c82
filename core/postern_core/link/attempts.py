"""`retry` and `timeouts` blocks, resolved into the parts of a route that say when a request is sent once more."""

from __future__ import annotations

from msgspec import UnsetType

from postern_core.resources import attempts
from postern_core.resources.types import milliseconds
from postern_core.snapshot_attempts import Retry, Timeouts


def link_retry(block: attempts.Retry | UnsetType, inherited: Retry | None = None) -> Retry | None:
    """The retries of a Service, or of a Route whose Service has `inherited`; without codes there are none."""
    if isinstance(block, UnsetType):
        return inherited
    return Retry(codes=tuple(sorted(set(block.codes))), attempts=block.attempts) if block.codes else None


def link_timeouts(block: attempts.ExchangeTimeouts | UnsetType, inherited: Timeouts | None = None) -> Timeouts | None:
    """The same of the time-outs; an empty block sets none."""
    if isinstance(block, UnsetType):
        return inherited
    found = Timeouts(request_ms=_ms(block.request), attempt_ms=_ms(block.backend_request))
    return None if found == Timeouts() else found


def _ms(duration: str | None) -> int | None:
    return None if duration is None else milliseconds(duration)
