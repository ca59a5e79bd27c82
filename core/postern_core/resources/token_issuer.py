"""`TokenIssuer`: an identity provider whose tokens a policy takes, by the keys that it publishes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from .claims import ClaimPath
from .key_source import Fetch, IssuerKeys
from .revoked import Revoked
from .rules import ABSOLUTE_URL, Rule, has_exactly_one_of
from .types import SET, Label, ObjectName, Resource, Spec, Text

PublicAlgorithm = Literal[
    "RS256", "RS384", "RS512",
    "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512",
    "EdDSA", "Ed25519", "Ed448",
]  # fmt: skip


class AnyCaller(Spec, frozen=True):
    """Callers without a Consumer: their name and groups are the token's, with the issuer's name in front."""

    name_from: Annotated[
        ClaimPath,
        Meta(
            description="Where the caller's name is, each step a member of an object. It must be printable ASCII of at "
            "most 256 characters, or the token is refused. Upstream it is `<issuer's name>:<value>`, and with "
            "`namespace/` in front where the policy is in another namespace. Example: [preferred_username]. "
            "Default: [sub]."
        ),
    ] = ("sub",)
    groups_from: (
        Annotated[
            ClaimPath,
            Meta(
                description="Where the caller's groups are: a list of texts, or one text, and in scope and scp words. "
                "Each is `<issuer's name>:<value>`; one with a space or comma, and each beyond 256, counts as none. "
                "Example: [realm_access, roles]. Default: none, it has no groups."
            ),
        ]
        | None
    ) = None


class Callers(Spec, frozen=True):
    """Who calls with a token of this issuer; exactly one of claim, consumer and anyone MUST be given."""

    RULES = (
        Rule(
            "callers_are_not_exactly_one",
            has_exactly_one_of("claim", "consumer", "anyone"),
            "must have exactly one of claim, consumer and anyone",
        ),
    )

    claim: (
        Annotated[
            ClaimPath,
            Meta(
                description="Where the key of a JWTCredential with an issuerRef to this issuer is, each step a member "
                "of an object: the caller is that credential's Consumer. A token whose value is the key of none is "
                "refused. Example: [azp]."
            ),
        ]
        | None
    ) = None
    consumer: (
        Annotated[ObjectName, Meta(description="The Consumer of this namespace that every token of this issuer is.")]
        | None
    ) = None
    anyone: (
        Annotated[
            AnyCaller,
            Meta(
                description="Callers have the name and the groups that the token says, behind a prefix, so that none "
                "is ever a Consumer. An empty block, {}, takes the name from sub."
            ),
        ]
        | None
    ) = None


class TokenIssuerSpec(Spec, frozen=True, kw_only=True):
    """Whose tokens they are, by which keys they are checked, and who calls with one."""

    RULES = (
        Rule(
            "audience_is_not_named",
            "(has(self.audiences) && self.audiences.size() > 0) != self.anyAudience",
            "must name one audience at least, or anyAudience must be true, not both",
            ".audiences",
        ),
        Rule(
            "issuer_is_missing",
            "has(self.issuer) != has(self.keys.kubernetes)",
            "must be given, but with keys.kubernetes must not, for the API server names its own",
            ".issuer",
        ),
        Rule(
            "issuer_is_not_discoverable",
            "!has(self.keys.discovery) || has(self.keys.discovery.url) || !has(self.issuer) || "
            f"(self.issuer.matches(r'{ABSOLUTE_URL}') && !self.issuer.contains('?') && !self.issuer.contains('#'))",
            "must be a URL without query or fragment, or keys.discovery needs a url of its own",
            ".issuer",
        ),
        Rule(
            "keys_are_not_protected",
            "(has(self.fetch) && (self.fetch.insecure || has(self.fetch.service))) || "
            "!((has(self.keys.url) && self.keys.url.startsWith('http:')) || (has(self.keys.discovery) && "
            "(has(self.keys.discovery.url) ? self.keys.discovery.url.startsWith('http:') : "
            "(has(self.issuer) && self.issuer.startsWith('http:')))))",
            "must be fetched by https, or fetch.insecure must be true",
            ".keys",
        ),
        Rule(
            "fetch_has_no_effect",
            "!has(self.fetch) || !has(self.keys.ref)",
            "has no effect with keys.ref; remove it",
            ".fetch",
        ),
        Rule(
            "fetch_has_no_effect",
            "!has(self.fetch) || !has(self.keys.kubernetes) || "
            "!(self.fetch.insecure || has(self.fetch.caCertificateRef) || has(self.fetch.service))",
            "insecure, caCertificateRef and service have no effect with keys.kubernetes; remove them",
            ".fetch",
        ),
        Rule(
            "issuer_was_changed",
            "has(self.issuer) == has(oldSelf.issuer) && (!has(self.issuer) || self.issuer == oldSelf.issuer)",
            "can't be changed, or tokens of another provider would be taken for this one's; make a new TokenIssuer",
            ".issuer",
        ),
    )

    issuer: (
        Annotated[
            Text,
            Meta(
                description="What the claim `iss` of its tokens is (RFC 7519, section 4.1.1), compared whole: a slash "
                "more is another issuer. It MUST be given, except with keys.kubernetes, and MUST NOT change. "
                "Example: https://login.example.com/realms/shop."
            ),
        ]
        | None
    ) = None
    keys: Annotated[IssuerKeys, Meta(description="Where its public keys come from.")]
    callers: Annotated[Callers, Meta(description="Who calls with one of its tokens.")]
    fetch: (
        Annotated[
            Fetch,
            Meta(
                description="How the keys are fetched; it has no effect with keys.ref. "
                "Default: every 10m, within 5s, and the last good keys serve for 24h."
            ),
        ]
        | None
    ) = None
    algorithms: Annotated[
        tuple[PublicAlgorithm, ...],
        Meta(
            min_length=1,
            max_length=12,
            description="The algorithms that its tokens may be signed with; a key counts with those that fit it. There "
            "is no HS*: a public key is no secret. Default: [RS256, PS256, ES256, EdDSA].",
            extra_json_schema=SET,
        ),
    ] = ("RS256", "PS256", "ES256", "EdDSA")
    audiences: Annotated[
        tuple[Text, ...],
        Meta(
            max_length=32,
            description="Values of which one must be in aud; at least one, unless anyAudience is true: a provider's "
            "tokens are made for many applications (RFC 8725, section 3.9). Example: [orders]. Default: none.",
            extra_json_schema=SET,
        ),
    ] = ()
    any_audience: Annotated[
        bool,
        Meta(
            description="Take tokens for any audience, or none. Every application that gets one can then use it here; "
            "SHOULD NOT be set but for a provider that names no audience. Default: false."
        ),
    ] = False
    require_type: Annotated[
        tuple[Text, ...],
        Meta(
            max_length=8,
            description="Types of which the header typ must be one, as requireType of a policy, which counts too. "
            "Example: [at+jwt]. Default: none, typ is not looked at.",
        ),
    ] = ()
    allowed_namespaces: Annotated[
        Literal["Same", "All"] | Annotated[tuple[Label, ...], Meta(max_length=256)],
        Meta(
            description="Whose policies and JWTCredentials may name this issuer. Same: those of this namespace. "
            "All: those of every namespace. A list of names: those of these namespaces, and of this one. Default: Same."
        ),
    ] = "Same"
    revoked: Annotated[
        Revoked, Meta(description="Tokens of this issuer that stop working before they expire. Default: none.")
    ] = Revoked()


class TokenIssuer(Resource, frozen=True):
    """An identity provider whose tokens policies may take.

    The token's `iss` picks the issuer, and its `kid` the key: no other issuer's key is ever tried.
    """

    spec: TokenIssuerSpec
