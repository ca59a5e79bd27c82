"""Which secrets are generated, for credentials that name no key of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .parse import Parsed
from .ref import Ref

# The bytes of each hash. RFC 7518, section 3.2: "A key of the same size as the hash output [...] or larger MUST be
# used with this algorithm."
# What is generated has as many random bytes, and a shorter secret of a user is weak.
HMAC_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
GENERATED_ENTRY = "secret"


@dataclass(frozen=True, slots=True)
class WantedSecret:
    """A Secret that somebody has to make once.

    Its entry `GENERATED_ENTRY` holds the base64 text of `size_bytes` random bytes.
    """

    ref: Ref
    credential: Ref
    size_bytes: int


def generated_name(credential_name: str) -> str:
    """The name of the Secret that is generated for a credential."""
    return f"{credential_name}-jwt"


def wanted_secrets(resources: Iterable[Parsed]) -> tuple[WantedSecret, ...]:
    """The Secrets to be generated, whether they exist already or not, in order of Ref."""
    wanted = []
    for parsed in resources:
        if parsed.ref.kind == "JWTCredential" and parsed.resource is not None:
            spec = parsed.resource.spec
            if not spec.keys and spec.algorithm in HMAC_BYTES:
                ref = Ref("Secret", parsed.ref.namespace, generated_name(parsed.ref.name))
                wanted.append(WantedSecret(ref, parsed.ref, HMAC_BYTES[spec.algorithm]))
    return tuple(sorted(wanted, key=lambda secret: secret.ref))
