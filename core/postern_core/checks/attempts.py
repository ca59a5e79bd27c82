"""What can be wrong with the blocks `retry` and `timeouts` by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.resources.types import milliseconds
from postern_core.validators import Validators

from .duplicates import duplicates


def code_is_named_twice(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    if owner.spec.retry:
        yield from duplicates("spec.retry.codes", tuple(map(str, owner.spec.retry.codes)))


def time_of_requests_is_zero(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    timeouts = owner.spec.timeouts
    if timeouts:
        for name, given in (("request", timeouts.request), ("backendRequest", timeouts.backend_request)):
            if given is not None and milliseconds(given) == 0:
                yield f"spec.timeouts.{name}", "must be longer than 0s"


def attempt_outlasts_its_request(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    timeouts = owner.spec.timeouts
    if not timeouts or timeouts.request is None or timeouts.backend_request is None:
        return
    if milliseconds(timeouts.backend_request) > milliseconds(timeouts.request):
        yield "spec.timeouts.backendRequest", "must not be longer than request, which all attempts have together"


ATTEMPT_CHECKS = (code_is_named_twice, time_of_requests_is_zero, attempt_outlasts_its_request)
