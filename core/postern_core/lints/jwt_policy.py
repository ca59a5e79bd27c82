"""What of a JWTPolicy can never match, or lets in fewer than it looks like."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.jwt_policy import block_path
from postern_core.resources.jwt_policy_kind import JWTPolicy
from postern_core.validators import Validators

from .policy import policy_lints


def policy_of_itself(policy: JWTPolicy, _: Validators) -> Iterator[tuple[str, str]]:
    yield from policy_lints(policy.spec.jwt, block_path("JWTPolicy"))


JWT_POLICY_LINTS = (policy_of_itself,)
