"""`JWTCredential`: the key or keys by which a Consumer's tokens are known."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from .jwt_policy import TokenIssuerRef
from .revoked import Revoked, Timestamp
from .rules import Rule, has_exactly_one_of
from .types import CredentialKey, Name, ObjectName, Printable, Resource, Spec, Text

Algorithm = Literal[
    "HS256", "HS384", "HS512",
    "RS256", "RS384", "RS512",
    "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512",
    "EdDSA", "Ed25519", "Ed448",
]  # fmt: skip
# Of a credential that names none, and has keys of its own.
DEFAULT_ALGORITHM: Algorithm = "HS256"


class SecretKeyRef(Spec, frozen=True):
    """Where the secret of an HS* key is kept: an entry of a Secret in this namespace."""

    name: Annotated[
        Name,
        Meta(
            description="The name of the Secret. It MUST be meant for keys: of type postern.dev/jwt-key, or Opaque "
            "with the label postern.dev/use: jwt-key; any other counts as missing."
        ),
    ]
    key: Annotated[Text, Meta(description="The entry of the Secret's data that holds the key. Example: secret.")]
    encoding: Annotated[
        Literal["Plain", "Base64"],
        Meta(
            description="How the entry is written. Plain: its bytes are the key. "
            "Base64: its bytes are the base64 text of the key, in the alphabet of base64 or of base64url, padded or "
            "not, and are decoded once more; "
            "this has nothing to do with the base64 in which Kubernetes shows every Secret. Default: Plain."
        ),
    ] = "Plain"


class PublicKeyRef(Spec, frozen=True):
    """Where a public key is kept: an entry of a ConfigMap or Secret in this namespace."""

    name: Annotated[
        Name,
        Meta(
            description="The name of the ConfigMap or Secret; a Secret MUST be meant for keys, as one of a secretRef."
        ),
    ]
    key: Annotated[
        Text, Meta(description="The entry that holds the public key, in a form of publicKey. Example: key.pem.")
    ]
    kind: Annotated[
        Literal["ConfigMap", "Secret"],
        Meta(description="The kind of the object that holds it; a public key needs no Secret. Default: ConfigMap."),
    ] = "ConfigMap"


class CredentialKeySpec(Spec, frozen=True):
    """One key; exactly one of secretRef (for HS*), publicKey and publicKeyRef (for the others) MUST be given."""

    RULES = (
        Rule(
            "key_has_not_exactly_one_source",
            has_exactly_one_of("secretRef", "publicKey", "publicKeyRef"),
            "must have exactly one of secretRef, publicKey and publicKeyRef",
        ),
    )

    id: (
        Annotated[
            Printable,
            Meta(
                min_length=1,
                description="A name for the key, unique in the credential. "
                "A token whose header has a `kid` is checked with the key of that id only; where no key has it, with "
                "the keys that have no id, and refused where each has one. "
                "A token without `kid` is checked with every key that is live, unless there are more than 16. "
                "With a JWK Set it MUST NOT be given. "
                'Example: "2026-11". Default: the `kid` of a JWK; else none, and then the key is tried for any kid.',
            ),
        ]
        | None
    ) = None
    secret_ref: (
        Annotated[
            SecretKeyRef,
            Meta(
                description="The secret of an HMAC key; with HS* only. It MUST be at least as long as the hash "
                "(RFC 7518, section 3.2: 32 bytes for HS256, 48 for HS384, 64 for HS512) unless allowWeakKey is true."
            ),
        ]
        | None
    ) = None
    public_key: (
        Annotated[
            str,
            Meta(
                max_length=65536,
                description="The public key itself: in PEM, as an X.509 certificate (whose dates and issuer count for "
                "nothing), as a line of OpenSSH, or as a JWK (RFC 7517); with RS*, PS*, ES* and Ed* only. "
                "A JWK Set gives each of its keys, up to 100, by its `kid`; those of another use, or of another "
                "algorithm than this credential's, are passed over and counted in status.keysPassedOver. "
                "A private key MUST NOT stand here: it is refused, and every reader of this object has read it.",
            ),
        ]
        | None
    ) = None
    public_key_ref: (
        Annotated[
            PublicKeyRef,
            Meta(
                description="The place of the public key, for one that another program changes; "
                "with RS*, PS*, ES* and Ed* only. A change of what is kept there is in force without touching this "
                "object."
            ),
        ]
        | None
    ) = None
    not_after: (
        Annotated[
            Timestamp,
            Meta(
                description="From this time on the key verifies nothing, whatever its tokens say; "
                'RFC 3339 with zone. Example: "2027-06-30T00:00:00Z". Default: none, the key has no end.'
            ),
        ]
        | None
    ) = None


# In CEL: the algorithm in force is an HS*.
_IS_HMAC = "(!has(self.algorithm) || self.algorithm.startsWith('HS'))"


class JWTCredentialSpec(Spec, frozen=True):
    """Whose tokens they are, which tokens are meant, and with which keys they are checked."""

    RULES = (
        Rule(
            "key_does_not_fit_the_algorithm",
            f"!{_IS_HMAC} || !has(self.keys) || self.keys.all(key, !has(key.publicKey) && !has(key.publicKeyRef))",
            "an HS algorithm needs a shared secret: use secretRef, never a public key",
            ".keys",
        ),
        Rule(
            "key_does_not_fit_the_algorithm",
            f"{_IS_HMAC} || !has(self.keys) || self.keys.all(key, !has(key.secretRef))",
            "this algorithm needs a public key: use publicKey or publicKeyRef",
            ".keys",
        ),
        Rule(
            "public_key_is_not_given",
            f"{_IS_HMAC} || (has(self.keys) && self.keys.size() > 0)",
            "is required with this algorithm; only an HS secret can be generated",
            ".keys",
        ),
        Rule(
            "key_id_is_used_twice",
            "!has(self.keys) || self.keys.all(one, !has(one.id) || "
            "self.keys.exists_one(other, has(other.id) && other.id == one.id))",
            "an id is used twice; a kid must name one key",
            ".keys",
        ),
        Rule(
            "issuer_contradicts_own_keys",
            "!has(self.issuerRef) || ((!has(self.keys) || self.keys.size() == 0) && "
            f"(!has(self.algorithm) || self.algorithm == '{DEFAULT_ALGORITHM}') && !self.allowWeakKey)",
            "excludes keys, algorithm and allowWeakKey: the keys of the issuer verify its tokens",
            ".issuerRef",
        ),
        Rule(
            "issuer_was_changed",
            "!has(oldSelf.issuerRef) || (has(self.issuerRef) && self.issuerRef == oldSelf.issuerRef)",
            "can't be changed, or tokens of another issuer would be taken for this consumer's; "
            "make a new JWTCredential",
            ".issuerRef",
        ),
        Rule(
            "consumer_was_changed",
            "self.consumerRef == oldSelf.consumerRef",
            "can't be changed, or tokens would be taken for another consumer's; make a new JWTCredential",
            ".consumerRef",
        ),
    )

    consumer_ref: Annotated[
        ObjectName,
        Meta(description="The Consumer whose tokens these are, in the same namespace. It MUST NOT change."),
    ]
    issuer_ref: (
        Annotated[
            TokenIssuerRef,
            Meta(
                description="The TokenIssuer whose keys verify the tokens, instead of keys of this credential: `key` "
                "is then what the claim holds that the issuer names in callers.claim, and its policies must admit "
                "this namespace, as for every credential (allow.namespaces). "
                "With it keys, algorithm and allowWeakKey MUST NOT be given. It MUST NOT change. "
                "Default: none, the credential has keys of its own."
            ),
        ]
        | None
    ) = None
    key: (
        Annotated[
            CredentialKey,
            Meta(
                description="What the key claim of a token holds (`keyClaim` of the policy, by default the claim "
                "`key`), so that the gateway knows which credential to check it with. It is a name, not a secret. "
                "It MUST be unique in the namespace, among the credentials of one issuerRef or of none: of two "
                "credentials with one key the one that had it first serves (of two that come at the same time, the "
                "older), and the other is Conflicted. "
                "It MUST NOT change; a new key is a new JWTCredential. "
                "Example: oiloil_key. Default: metadata.name."
            ),
        ]
        | None
    ) = None
    algorithm: (
        Annotated[
            Algorithm,
            Meta(
                description="The one algorithm that the tokens are signed with (RFC 7518, section 3; RFC 8037 for "
                "EdDSA, which is Ed25519 or Ed448; RFC 9864 for these two by name, and a token may say either). A "
                "token that names another in its header is refused: what holds is what the credential says, never "
                "what a token says. With issuerRef the issuer's algorithms hold; HS256, which earlier releases wrote "
                "into every object, then counts as none. Default: HS256."
            ),
        ]
        | None
    ) = None
    keys: Annotated[
        tuple[CredentialKeySpec, ...],
        Meta(
            max_length=16,
            description="The keys that tokens are checked with, all live at the same time. "
            "To change a key: add the new one, sign with it, wait until the old tokens have expired, remove the old "
            "one; no request is refused meanwhile. "
            "With an HS* algorithm it MAY be left out: then a random secret is made once and kept in the Secret "
            "`<name>-jwt`. With the others it is required. Default: none.",
        ),
    ] = ()
    allow_weak_key: Annotated[
        bool,
        Meta(
            description="Take an HMAC secret that is shorter than its hash, or an RSA key below 2048 bits. "
            "One token is enough to guess such a key; SHOULD NOT be set but for old tokens. Default: false."
        ),
    ] = False
    revoked: Annotated[
        Revoked, Meta(description="Tokens of this credential that stop working before they expire. Default: none.")
    ] = Revoked()

    @property
    def own_algorithm(self) -> Algorithm:
        """What the keys of the credential itself verify."""
        return self.algorithm or DEFAULT_ALGORITHM


class JWTCredential(Resource, frozen=True):
    """The key or keys by which a Consumer's tokens are known.

    A Consumer may have several, one for each device or each issuer.
    With an issuerRef it has no keys: it says which tokens of a TokenIssuer are the Consumer's.
    The gateway never makes tokens: the holder of the secret, or of the private key, does.
    """

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "key_was_changed",
            "(has(self.spec.key) ? self.spec.key : self.metadata.name) == "
            "(has(oldSelf.spec.key) ? oldSelf.spec.key : oldSelf.metadata.name)",
            "can't be changed, and its default is metadata.name; make a new JWTCredential",
            ".spec.key",
        ),
    )

    spec: JWTCredentialSpec
