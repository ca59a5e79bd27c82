"""The block `jwt` of Service, Route and JWTPolicy: what a token must be like, and who may pass."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from .claims import AllowedClaim, ForwardedClaim
from .protected_resource import ProtectedResource
from .rules import Rule, canonical_header
from .token_place import TokenPlace
from .types import (
    Duration,
    Label,
    Name,
    ObjectName,
    Printable,
    QualifiedName,
    Spec,
    Text,
)


class Allow(Spec, frozen=True):
    """Who may pass with a good token; what is given must all hold, and an empty list allows all. Others get 403."""

    consumers: Annotated[
        tuple[QualifiedName, ...],
        Meta(
            max_length=256,
            description="The Consumers that may pass, by name; `namespace/name` for one of another namespace. "
            "Example: [alice, partners/bob]. Default: none, every Consumer may.",
        ),
    ] = ()
    groups: Annotated[
        tuple[QualifiedName, ...],
        Meta(
            max_length=256,
            description="The groups of which the Consumer must have one at least; `namespace/group` for another "
            "namespace's, so that a name alone makes no member. Of a token issuer's callers it is `issuer:group`, as "
            "in X-Consumer-Groups, also with slashes: keycloak:/team/a. "
            "Example: [readers]. Default: none, no group is asked for.",
        ),
    ] = ()
    claims: Annotated[
        tuple[AllowedClaim, ...],
        Meta(max_length=16, description="What the token's claims must hold; all of them must match. Default: none."),
    ] = ()
    namespaces: Annotated[
        Literal["Same", "All"] | Annotated[tuple[Label, ...], Meta(max_length=256)],
        Meta(
            description="Whose credentials count. Same: those of this namespace. All: those of every namespace. "
            "A list of names: those of these namespaces, and of this one. With more than one the credentials that "
            "have the token's key are tried in order, this namespace's first and then those that had the key first. "
            "Example: [partners]. Default: Same."
        ),
    ] = "Same"


NAME_OF_PLACE = (
    "has(one.header) ? 'header ' + one.header.lowerAscii() : has(one.query) ? 'query ' + one.query : "
    "has(one.cookie) ? 'cookie ' + one.cookie : "
    "has(one.webSocketProtocol) ? 'protocol ' + one.webSocketProtocol : ''"
)


class TokenIssuerRef(Spec, frozen=True):
    """A TokenIssuer, by name."""

    name: Annotated[Name, Meta(description="The name of the TokenIssuer.")]
    namespace: (
        Annotated[
            Label,
            Meta(
                description="Its namespace; one of another namespace must allow this one in its allowedNamespaces. "
                "Default: this namespace."
            ),
        ]
        | None
    ) = None


def block_path(kind: str) -> str:
    """Where the block stands in an object of this kind."""
    return "spec.jwt" if kind == "JWTPolicy" else "spec.auth.jwt"


class JWTBlock(Spec, frozen=True):
    """What a token must be like, where it is found, and who may pass.

    An empty block is the whole default.
    """

    RULES = (
        Rule(
            "place_is_named_twice",
            f"[self.from.map(one, {NAME_OF_PLACE})].all(names, names.all(name, "
            "names.exists_one(other, other == name)))",
            "names a place twice; remove one",
            ".from",
        ),
        Rule(
            "lifetime_is_zero",
            "!has(self.maxLifetime) || self.maxLifetime.matches('[1-9]')",
            "must be longer than 0s, or no token would ever pass",
            ".maxLifetime",
        ),
        Rule(
            "anonymous_consumer_is_never_used",
            "!has(self.anonymousConsumer) || self.mode in ['Optional', 'Permissive']",
            "has no effect with this mode; use Optional or Permissive, or remove it",
            ".anonymousConsumer",
        ),
        Rule(
            "or_credentials_is_never_used",
            "!self.orCredentials || (has(self.tokenIssuers) && self.tokenIssuers.size() > 0)",
            "has no effect without tokenIssuers; name some, or remove it",
            ".orCredentials",
        ),
        Rule(
            "protected_resource_is_without_issuers",
            "!has(self.protectedResource) || (has(self.tokenIssuers) && self.tokenIssuers.size() > 0)",
            "needs tokenIssuers, by which clients learn where to get a token; name some, or remove it",
            ".protectedResource",
        ),
        Rule(
            "forwarded_header_is_named_twice",
            f"!has(self.forwardClaims) || [self.forwardClaims.map(one, {canonical_header('one.header')})]"
            ".all(names, names.all(name, names.exists_one(other, other == name)))",
            "names a header twice; choose another",
            ".forwardClaims",
        ),
    )

    mode: Annotated[
        Literal["Required", "Optional", "Permissive", "Disabled"],
        Meta(
            description="What a request needs to pass. Required: a good token. Optional: a good token or none; a bad "
            "one is refused. Permissive: anything; a bad token counts as none. Disabled: nothing, the requests are "
            "public and no token is looked at. Refused is 401. Default: Required."
        ),
    ] = "Required"
    places: Annotated[
        tuple[TokenPlace, ...],
        Meta(
            min_length=1,
            max_length=8,
            description="Where the token may be. In this order, the first place that holds a non-empty value decides; "
            "the places after it are not looked at. Default: the header Authorization, the query parameter jwt, the "
            "cookie jwt.",
        ),
    ] = field(
        name="from",
        default=(TokenPlace(header="Authorization"), TokenPlace(query="jwt"), TokenPlace(cookie="jwt")),
    )
    strip_credentials: Annotated[
        bool,
        Meta(
            description="Take the token out of every place in `from` before the request goes upstream; every other "
            "byte stays as it came. Default: false."
        ),
    ] = False
    key_claim: Annotated[
        Text,
        Meta(
            description="The claim that names the credential, by its `key`. A token without it is refused. "
            "Example: iss. Default: key."
        ),
    ] = "key"
    required_claims: Annotated[
        tuple[Text, ...],
        Meta(
            max_length=32,
            description="Claims that must be present and not null. exp and nbf are always checked when they are "
            "present; with [exp] a token without an end is refused. Example: [exp, sub]. Default: none.",
        ),
    ] = ()
    leeway: Annotated[
        Duration,
        Meta(
            description="How far the clocks of issuer and gateway may differ when exp and nbf are checked: a token is "
            "refused at now >= exp + leeway, and at now < nbf - leeway. Example: 30s. Default: 0s."
        ),
    ] = "0s"
    max_lifetime: (
        Annotated[
            Duration,
            Meta(
                description="How far away exp may be; a token that lives longer, or has no exp, is refused. "
                "Example: 24h. Default: none."
            ),
        ]
        | None
    ) = None
    issuers: Annotated[
        tuple[Text, ...],
        Meta(
            max_length=32,
            description="Values of which iss must be one exactly. Example: [https://login.example.com]. "
            "Default: none, iss is not looked at.",
        ),
    ] = ()
    audiences: Annotated[
        tuple[Text, ...],
        Meta(
            max_length=32,
            description="Values of which one must be in aud. Example: [orders]. Default: none, aud is not looked at.",
        ),
    ] = ()
    require_type: Annotated[
        tuple[Text, ...],
        Meta(
            max_length=8,
            description="Types of which the token's header typ must be one, in any case, with or without "
            "`application/` (RFC 8725, section 3.11): with [at+jwt] an ID token of the same issuer is no access token. "
            "Example: [at+jwt]. Default: none, typ is not looked at.",
        ),
    ] = ()
    token_issuers: Annotated[
        tuple[TokenIssuerRef, ...],
        Meta(
            max_length=16,
            description="The TokenIssuers whose tokens count. The token's iss picks one of them by equality, and only "
            "its keys are tried; any other token is refused, unless orCredentials is true. No two of them may have one "
            "issuer. Default: none, tokens are those of JWTCredentials.",
        ),
    ] = ()
    or_credentials: Annotated[
        bool,
        Meta(
            description="With tokenIssuers: whether a token whose iss is none of theirs may be one of a JWTCredential, "
            "found by keyClaim. Default: false."
        ),
    ] = False
    protected_resource: (
        Annotated[
            ProtectedResource,
            Meta(
                description="Publish where clients get a token for this Service, and name it in each challenge "
                "(RFC 9728), as MCP clients ask. In a Service only, and with tokenIssuers. An empty block, {}, "
                "publishes the issuers. Default: none."
            ),
        ]
        | None
    ) = None
    realm: Annotated[
        Printable,
        Meta(description="The realm of the challenge (WWW-Authenticate) that a 401 carries. Default: postern."),
    ] = "postern"
    error_description: Annotated[
        Literal["None", "Coarse"],
        Meta(
            description="Whether a challenge says more than its error code (RFC 6750, section 3). None: it does not. "
            "Coarse: error_description names a token whose signature is good but that has expired, and a good one "
            "that may not pass here. Of every other it says nothing, so that it helps no one to forge one. "
            "Default: None."
        ),
    ] = "None"
    anonymous_consumer: (
        Annotated[
            ObjectName,
            Meta(
                description="With mode Optional or Permissive: the Consumer of this namespace that a request without a "
                "good token is. It must pass `allow` like any other; where it doesn't, the answer is the 401 for a "
                "missing token. Default: none, such a request has no consumer."
            ),
        ]
        | None
    ) = None
    allow: Annotated[
        Allow, Meta(description="Who may pass with a good token. Default: every Consumer of this namespace.")
    ] = Allow()
    forward_claims: Annotated[
        tuple[ForwardedClaim, ...],
        Meta(
            max_length=32,
            description="Claims that go upstream, each in a header of its own. Default: none.",
            extra_json_schema={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["header"]},
        ),
    ] = ()
