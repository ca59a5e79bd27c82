"""What the operator writes into the status of our kinds, as far as the API server knows it.

Nothing secret is ever part of it.  What the conditions say belongs in
`conditions`; here is only their form.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, field

from .types import Spec

# KEP-1623 and meta/v1 Condition have these bounds.
CONDITION_TYPE_PATTERN = r"^[A-Za-z]([A-Za-z0-9]*[A-Za-z0-9])?\Z"
REASON_PATTERN = r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?\Z"

Count = Annotated[int, Meta(ge=0, le=2_147_483_647)]
Generation = Annotated[int, Meta(ge=0)]


class StatusCondition(Spec, frozen=True):
    """One thing that is true of the object, or not, and why."""

    type: Annotated[
        str,
        Meta(
            pattern=CONDITION_TYPE_PATTERN,
            max_length=316,
            description="Accepted: the object makes sense by itself. ResolvedRefs: what it refers to was found and can "
            "be used. Programmed: every ready data-plane pod serves it as it is now. Ready: all of these. Stalled: "
            "nothing but an edit of this object helps; it is there only while that is so.",
        ),
    ]
    status: Annotated[Literal["True", "False", "Unknown"], Meta(description="Whether it is so.")]
    last_transition_time: Annotated[
        datetime, Meta(tz=True, description="When the status of this condition last became another.")
    ]
    reason: Annotated[
        str,
        Meta(
            pattern=REASON_PATTERN,
            min_length=1,
            max_length=1024,
            description="Why, in one word for programs. Example: SecretNotFound.",
        ),
    ]
    message: Annotated[
        str,
        Meta(max_length=32768, description="Why, for people: the field, what is wrong with it, and the way out."),
    ]
    observed_generation: (
        Annotated[Generation, Meta(description="The metadata.generation of the object that the condition describes.")]
        | None
    ) = None


Conditions = Annotated[
    tuple[StatusCondition, ...],
    Meta(
        max_length=8,
        description="What is true of the object: Accepted, ResolvedRefs, Programmed, Ready and Stalled.",
        extra_json_schema={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    ),
]
ObservedGeneration = Annotated[
    Generation,
    Meta(
        description="The metadata.generation that this status describes; while it is lower, the operator has not seen "
        "the last change yet; 0 until it has seen the object."
    ),
]


class ServiceStatus(Spec, frozen=True):
    """What became of the Service; written by the operator alone."""

    observed_generation: ObservedGeneration | None = None
    conditions: Conditions = ()
    routes: Annotated[Count, Meta(description="How many Routes the Service has.")] | None = None


class RouteStatus(Spec, frozen=True):
    """What became of the Route; written by the operator alone."""

    observed_generation: ObservedGeneration | None = None
    conditions: Conditions = ()


class ConsumerStatus(Spec, frozen=True):
    """What became of the Consumer; written by the operator alone."""

    observed_generation: ObservedGeneration | None = None
    conditions: Conditions = ()
    credentials: Annotated[Count, Meta(description="How many JWTCredentials the Consumer has.")] | None = None


class JWTCredentialStatus(Spec, frozen=True):
    """What became of the JWTCredential; written by the operator alone, and nothing of it is secret."""

    observed_generation: ObservedGeneration | None = None
    conditions: Conditions = ()
    key: Annotated[
        str, Meta(max_length=253, description="The key in force, as the key claim of a token must hold it.")
    ] = ""
    algorithm: Annotated[
        str, Meta(max_length=16, description="The algorithm in force; none where the issuer's algorithms hold.")
    ] = ""
    issuer: Annotated[
        str,
        Meta(
            max_length=317,
            description="The TokenIssuer whose keys verify the tokens, as namespace/name, of a credential that has no "
            "keys of its own.",
        ),
    ] = ""
    key_ids: Annotated[
        tuple[Annotated[str, Meta(max_length=253)], ...],
        Meta(max_length=100, description="The ids of the keys that tokens are checked with at present."),
    ] = field(name="keyIDs", default=())
    keys_passed_over: (
        Annotated[
            Count,
            Meta(
                description="How many keys of the credential's JWK Sets are not used: they are for something else than "
                "signatures, or for another algorithm, or can't be read."
            ),
        ]
        | None
    ) = None
    generated_secret_name: Annotated[
        str,
        Meta(
            max_length=253,
            description="The Secret, in this namespace, that was made for a credential without keys; its entry "
            "`secret` holds the base64 text of the HMAC key.",
        ),
    ] = ""


class JWTPolicyStatus(Spec, frozen=True):
    """What became of the JWTPolicy; written by the operator alone."""

    observed_generation: ObservedGeneration | None = None
    conditions: Conditions = ()


class TokenIssuerStatus(Spec, frozen=True):
    """What became of the TokenIssuer; written by the operator alone."""

    observed_generation: ObservedGeneration | None = None
    conditions: Conditions = ()
    key_ids: Annotated[
        tuple[Annotated[str, Meta(max_length=253)], ...],
        Meta(max_length=100, description="The ids of the keys that tokens are checked with at present."),
    ] = field(name="keyIDs", default=())
    keys_source: Annotated[str, Meta(max_length=2048, description="Where the keys are taken from.")] = ""
