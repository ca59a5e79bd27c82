"""`JWTPolicy`: the block `jwt` as an object of its own, for what has no field for it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from .jwt_policy import JWTBlock
from .rules import Rule
from .types import Label, Name, Resource, Spec

TARGETS_MAX = 16


class TargetRef(Spec, frozen=True):
    """An object that the policy protects; it is looked for in the namespace of the policy, and in no other."""

    RULES = (
        Rule(
            "section_is_of_no_ingress",
            "!has(self.sectionName)",
            "an Ingress has no sections with names, so the policy holds for all of it; remove it",
            ".sectionName",
        ),
    )

    group: Annotated[Literal["networking.k8s.io"], Meta(description="The API group of the object, without version.")]
    kind: Annotated[Literal["Ingress"], Meta(description="The kind of the object.")]
    name: Annotated[Name, Meta(description="The name of the object.")]
    section_name: (
        Annotated[
            Label,
            Meta(description="A part of the object that has a name. An Ingress has none, so it MUST NOT be given."),
        ]
        | None
    ) = None


class JWTPolicySpec(Spec, frozen=True):
    """What a token must be like, where it is found, who may pass, and whose requests it protects."""

    RULES = (
        Rule(
            "protected_resource_is_of_a_policy",
            "!has(self.jwt.protectedResource)",
            "is a Service's, whose path is the resource; remove it",
            ".jwt.protectedResource",
        ),
    )

    jwt: Annotated[
        JWTBlock,
        Meta(
            description="The very block that auth.jwt of a Service is, with everything it names in the namespace of "
            "this policy. An empty block, {}, is the whole default: a good token of any Consumer of this namespace. "
            "With mode Disabled what it protects is public, in so many words."
        ),
    ]
    target_refs: Annotated[
        tuple[TargetRef, ...],
        Meta(
            max_length=TARGETS_MAX,
            description="The objects of this namespace that it protects, beside those that name it in the annotation "
            "postern.dev/jwt-policy. The annotation counts before a target, and one policy holds alone: nothing of "
            "another is added. Of two policies for one object the older one counts, and the other is Conflicted. "
            "Default: none, it protects what names it.",
        ),
    ] = ()


class JWTPolicy(Resource, frozen=True):
    """What a token must be like and who may pass, for objects that can't say so themselves, such as an Ingress.

    One that can't be used refuses the requests that it protects; they never fall back to another policy, or to none.
    """

    spec: JWTPolicySpec
