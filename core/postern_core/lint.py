"""Every lint, in order, and how those that look at more than one object are run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .kinds import KINDS
from .lints.below_prefix import PLACE_LINTS
from .lints.certificates import CERTIFICATE_LINTS
from .lints.cors import token_header_is_not_allowed
from .lints.credential import CREDENTIAL_LINTS
from .lints.filters import header_is_of_a_forwarded_claim, redirect_never_ends
from .lints.identifiers import identifier_reads_as_foreign
from .lints.jwt_policy import JWT_POLICY_LINTS
from .lints.linked import Linked
from .lints.names import NAME_LINTS
from .lints.policy import POLICY_LINTS
from .lints.rate_limit import anonymous_requests_are_unlimited
from .lints.route import POLICY_OF_AN_OBJECT
from .lints.shadowed import route_is_shadowed
from .lints.upstreams import UPSTREAM_LINTS
from .problems import Problem

LINTS_OF_ALL: tuple[Callable[[Linked], Iterator[Problem]], ...] = (
    route_is_shadowed,
    *NAME_LINTS,
    *CREDENTIAL_LINTS,
    identifier_reads_as_foreign,
    token_header_is_not_allowed,
    anonymous_requests_are_unlimited,
    header_is_of_a_forwarded_claim,
    redirect_never_ends,
    *UPSTREAM_LINTS,
    *CERTIFICATE_LINTS,
)

_BLOCK = (*POLICY_OF_AN_OBJECT, *JWT_POLICY_LINTS)
_OF_ONE = dict.fromkeys(one for kind in KINDS.values() for one in kind.lints if one not in _BLOCK)
# By name: those of one object, which are run with its checks by `check`, those of a policy, those of a Route below its
# Service, which are remembered with its entry, and those of all objects.
LINTS = tuple(one.__name__ for one in (*_OF_ONE, *POLICY_LINTS, *PLACE_LINTS, *LINTS_OF_ALL))


def lint(linked: Linked) -> Iterator[Problem]:
    """What can never work for how the objects of one gateway stand to each other: warnings, which refuse nothing."""
    for find in LINTS_OF_ALL:
        yield from find(linked)
