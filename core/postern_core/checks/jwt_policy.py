"""What can be wrong with a JWTPolicy by itself."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.jwt_policy import block_path
from postern_core.resources.jwt_policy_kind import JWTPolicy
from postern_core.validators import Validators

from .policy import policy_is_wrong

AT = block_path("JWTPolicy")


def block_is_wrong(policy: JWTPolicy, _: Validators) -> Iterator[tuple[str, str]]:
    yield from policy_is_wrong(policy.spec.jwt, AT)


def protected_resource_is_of_a_policy(policy: JWTPolicy, _: Validators) -> Iterator[tuple[str, str]]:
    if policy.spec.jwt.protected_resource is not None:
        yield f"{AT}.protectedResource", "is a Service's, whose path is the resource; remove it"


def section_is_of_no_ingress(policy: JWTPolicy, _: Validators) -> Iterator[tuple[str, str]]:
    for index, target in enumerate(policy.spec.target_refs):
        if target.section_name is not None:
            wrong = "an Ingress has no sections with names, so the policy holds for all of it; remove it"
            yield f"spec.targetRefs[{index}].sectionName", wrong


JWT_POLICY_CHECKS = (block_is_wrong, protected_resource_is_of_a_policy, section_is_of_no_ingress)
