"""The `auth.jwt` block that Service and Route share: what a token must be like, and who may pass."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from .types import (
    CookieName,
    Duration,
    HeaderName,
    Label,
    ObjectName,
    Printable,
    QualifiedName,
    Spec,
    Text,
)


class TokenPlace(Spec, frozen=True):
    """One place where a token may be; exactly one of the three."""

    header: Annotated[HeaderName, Meta(description="A request header. A `Bearer ` scheme is taken off.")] | None = None
    query: Annotated[Text, Meta(description="A query parameter, compared after percent-decoding.")] | None = None
    cookie: Annotated[CookieName, Meta(description="A cookie.")] | None = None


class AllowedClaim(Spec, frozen=True):
    """A claim that must hold one of the listed words.

    A text is split at spaces, as OAuth's scope is; the elements of a list are compared whole.
    """

    name: Text
    any_of: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=64)]


class Allow(Spec, frozen=True):
    """Who may pass with a good token; an empty list allows all."""

    consumers: Annotated[
        tuple[QualifiedName, ...],
        Meta(max_length=256, description="Consumer names; `namespace/name` for one of another namespace."),
    ] = ()
    groups: Annotated[
        tuple[QualifiedName, ...],
        Meta(
            max_length=256,
            description="Groups of which the consumer has one; `namespace/group` for another namespace's.",
        ),
    ] = ()
    claims: Annotated[tuple[AllowedClaim, ...], Meta(max_length=16, description="Claims that must all match.")] = ()
    namespaces: Annotated[
        Literal["Same", "All"] | tuple[Label, ...],
        Meta(description="Whose credentials count: Same (this namespace), All, or a list beside this one."),
    ] = "Same"


class ForwardedClaim(Spec, frozen=True):
    """A scalar claim that goes upstream in a header of its own."""

    claim: Text
    header: HeaderName


class JWTPolicy(Spec, frozen=True):
    """What a token must be like, where it is found, and who may pass."""

    mode: Annotated[
        Literal["Required", "Optional", "Permissive", "Disabled"],
        Meta(
            description="Required; Optional (no token passes, a bad one is refused); "
            "Permissive (a bad one passes too); Disabled (public)."
        ),
    ] = "Required"
    places: Annotated[
        tuple[TokenPlace, ...],
        Meta(
            min_length=1,
            max_length=8,
            description="Where the token may be. In this order, the first place that holds a non-empty value decides.",
        ),
    ] = field(
        name="from",
        default=(TokenPlace(header="Authorization"), TokenPlace(query="jwt"), TokenPlace(cookie="jwt")),
    )
    strip_credentials: Annotated[
        bool, Meta(description="Take the token out of every place in `from` before the request goes upstream.")
    ] = False
    key_claim: Annotated[Text, Meta(description="The claim that names the credential.")] = "key"
    required_claims: Annotated[
        tuple[Text, ...],
        Meta(max_length=32, description="Claims that must be present; exp and nbf are always checked when present."),
    ] = ()
    leeway: Annotated[Duration, Meta(description="How far clocks may differ when exp and nbf are checked.")] = "0s"
    max_lifetime: Annotated[Duration, Meta(description="exp must be present and no further away than this.")] | None = (
        None
    )
    issuers: Annotated[
        tuple[Text, ...], Meta(max_length=32, description="Values of iss of which one must match exactly; none = any.")
    ] = ()
    audiences: Annotated[
        tuple[Text, ...], Meta(max_length=32, description="One of these must be in aud; none = aud is not looked at.")
    ] = ()
    realm: Annotated[Printable, Meta(description="The realm of the WWW-Authenticate challenge.")] = "postern"
    anonymous_consumer: (
        Annotated[
            ObjectName,
            Meta(description="With Optional or Permissive: the Consumer that a request without a good token is."),
        ]
        | None
    ) = None
    allow: Annotated[Allow, Meta(description="Who may pass with a good token.")] = Allow()
    forward_claims: Annotated[
        tuple[ForwardedClaim, ...],
        Meta(max_length=32, description="Claims that go upstream as headers; clients can't set those headers."),
    ] = ()


class Auth(Spec, frozen=True):
    """How requests are authenticated."""

    jwt: Annotated[JWTPolicy, Meta(description="Authenticate by JSON Web Token (RFC 7519).")]
