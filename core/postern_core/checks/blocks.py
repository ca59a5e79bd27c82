"""What can be wrong with the blocks that Services and Routes have alike."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.validators import Validators

from .attempts import ATTEMPT_CHECKS
from .clients import clients_block_is_wrong
from .cors import block_is_wrong
from .header_changes import wrong_with_both
from .path_replacement import prefix_is_not_of_one_path, replacement_is_not_normal
from .policy import policy_is_wrong
from .rate_limit import rate_limits_are_wrong
from .responses import wrong_with_responses


def auth_is_wrong(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    if owner.spec.auth:
        yield from policy_is_wrong(owner.spec.auth.jwt)


def cors_is_wrong(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    if owner.spec.cors:
        yield from block_is_wrong(owner.spec.cors)


def client_list_is_wrong(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    if owner.spec.clients:
        yield from clients_block_is_wrong(owner.spec.clients)


def rate_limit_is_wrong(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    yield from rate_limits_are_wrong(owner.spec.rate_limit or ())


def responses_block_is_wrong(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    if owner.spec.responses:
        yield from wrong_with_responses(owner.spec.responses)


def header_change_is_wrong(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    yield from wrong_with_both("spec", owner.spec)


BLOCK_CHECKS = (
    auth_is_wrong,
    cors_is_wrong,
    client_list_is_wrong,
    rate_limit_is_wrong,
    responses_block_is_wrong,
    header_change_is_wrong,
    replacement_is_not_normal,
    prefix_is_not_of_one_path,
    *ATTEMPT_CHECKS,
)
