"""The section `issuers` of a snapshot: whose tokens a policy takes beside those of credentials, and by which keys.

It is public: public keys are all that it holds.  The rules of `snapshot` hold here too.
"""

from __future__ import annotations

from .snapshot_entry import Entry


class IssuerKey(Entry, frozen=True):
    """One key of an issuer: a PEM SubjectPublicKeyInfo, and the algorithms that it verifies, never an HS*."""

    material: str
    algorithms: tuple[str, ...]
    id: str | None = None


class TokenIssuer(Entry, frozen=True):
    """Whose tokens these are: `issuer` is compared whole with `iss`.

    Exactly one of `consumer` (an id), `name_from` (a claim path) and `claim` (the path of a Credential's key) says who
    calls.  `audiences` empty takes any.
    `require_type` is as `claim_values.media_type` has it, `revoked_digests` as `revocation.packed`.
    The keys of one that `is_fetched` may have changed where they are published, so that an unknown one is worth a look.
    With a `refusal`, a reason for people, its tokens get 503; while its `issuer` is still unknown it is "", and its
    tokens may be all that are those of no other issuer.
    """

    id: str
    namespace: str
    name: str
    issuer: str
    keys: tuple[IssuerKey, ...] = ()
    audiences: tuple[str, ...] = ()
    require_type: tuple[str, ...] = ()
    consumer: str | None = None
    name_from: tuple[str, ...] = ()
    groups_from: tuple[str, ...] = ()
    claim: tuple[str, ...] = ()
    revoked_jtis: tuple[str, ...] = ()
    revoked_digests: str = ""
    issued_before: float | None = None
    refusal: str = ""
    is_fetched: bool = False
