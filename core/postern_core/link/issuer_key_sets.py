"""The keys of a TokenIssuer: of a JWK Set that an object holds, or of one that was fetched."""

from __future__ import annotations

from dataclasses import dataclass

from postern_core.algorithms import RSA_BITS_MIN, is_fit, token_names
from postern_core.fetched_keys import FetchedKeys, fetched_keys_ref
from postern_core.parse import Decoded, Parsed
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.issuer_keys import fetching_ca_holder, key_set_holder, keys_source
from postern_core.resources.key_source import KeySetRef
from postern_core.resources.token_issuer import TokenIssuer, TokenIssuerSpec
from postern_core.snapshot_issuers import IssuerKey
from postern_core.validators import PublicKey, UnreadableKey, Validators

from .certificates import certificates_of
from .references import Missing, may_hold_keys, no_secret_for_keys, value_of
from .resource_index import ResourceIndex, namespace_ref
from .sizes import KEY_SET_BYTES_MAX

AT = "spec.keys"
AT_CA = "spec.fetch.caCertificateRef"
REPEATED_KID = "different keys of the JWK Set have one kid, so none of them counts; have its issuer fix it"

_REASONS = {it.text: it for it in Reason}


@dataclass(frozen=True, slots=True)
class KeyHolders:
    """What the keys of an issuer come from, as it was found: what holds or carries them, and whose CAs count."""

    holding: Parsed | None
    namespace: Parsed | None
    certificates: Parsed | None = None


@dataclass(frozen=True, slots=True)
class UsableKeys:
    """The keys that count, what their source says of `iss` (the API server alone does), and what is wrong with them."""

    keys: tuple[IssuerKey, ...] = ()
    issuer: str = ""
    problem: Problem | None = None


def holders_of_keys(ref: Ref, spec: TokenIssuerSpec, resources: ResourceIndex) -> KeyHolders:
    """Find what the keys of an issuer come from."""
    holder, ca_holder = key_set_holder(ref, spec), fetching_ca_holder(ref, spec)
    return KeyHolders(
        resources.objects.get(holder or fetched_keys_ref(ref)),
        resources.objects.get(namespace_ref(ref.namespace)),
        resources.objects.get(ca_holder) if ca_holder else None,
    )


def usable_keys(parsed: Decoded[TokenIssuer], found: KeyHolders, inspectors: Validators) -> UsableKeys:
    """The keys of an issuer; where there are none, with the problem that refuses its tokens."""
    ref, spec = parsed.ref, parsed.resource.spec
    if spec.keys.ref is not None:
        return _kept(ref, spec, spec.keys.ref, found, inspectors)
    missing = fetching_certificates(ref, spec, found.certificates, inspectors)
    if isinstance(missing, Missing):
        return UsableKeys(problem=Problem(ref, missing.reason, AT_CA, missing.message))
    return _fetched(ref, spec, found.holding, inspectors)


def fetching_certificates(
    ref: Ref, spec: TokenIssuerSpec, certificates: Parsed | None, inspectors: Validators
) -> str | Missing:
    """The CAs by which an issuer's keys are fetched in PEM, "" for the system's."""
    holder = fetching_ca_holder(ref, spec)
    reference = spec.fetch and spec.fetch.ca_certificate_ref
    if holder is None or not reference:
        return ""
    return certificates_of(holder, certificates, reference.key, inspectors)


def _kept(ref: Ref, spec: TokenIssuerSpec, source: KeySetRef, found: KeyHolders, inspectors: Validators) -> UsableKeys:
    holder = Ref(source.kind, ref.namespace, source.name)
    causes = (holder, namespace_ref(ref.namespace))
    if holder.kind == "Secret" and (found.holding is None or not may_hold_keys(found.holding, found.namespace)):
        missing = no_secret_for_keys(holder)
        return UsableKeys(problem=Problem(ref, missing.reason, AT, missing.message, causes))
    value = value_of(holder, found.holding, source.key)
    if isinstance(value, Missing):
        return UsableKeys(problem=Problem(ref, value.reason, AT, value.message, causes))
    # Who may read this status need not be allowed to read what holds the set.
    unfit = (
        f"{holder}, entry {source.key!r}: holds no JWK Set with a key for {', '.join(spec.algorithms)}; "
        "put the set there as the issuer publishes it, without private keys"
    )
    read = _read(value, spec, inspectors)
    if read is None:
        return UsableKeys(problem=Problem(ref, Reason.INVALID_KEY_MATERIAL, AT, unfit, causes))
    keys, is_repeated = read
    return UsableKeys(keys, problem=Problem(ref, Reason.WARNING, AT, REPEATED_KID, (holder,)) if is_repeated else None)


def _fetched(ref: Ref, spec: TokenIssuerSpec, holding: Parsed | None, inspectors: Validators) -> UsableKeys:
    causes, where = (fetched_keys_ref(ref),), keys_source(ref, spec)
    known = holding.resource if holding is not None else None
    if not isinstance(known, FetchedKeys):
        message = f"{where}: its keys have not been fetched yet"
        return UsableKeys(problem=Problem(ref, Reason.KEYS_UNAVAILABLE, AT, message, causes))
    if not known.keys:
        reason = _REASONS.get(known.reason, Reason.KEYS_UNAVAILABLE)
        return UsableKeys(issuer=known.issuer, problem=Problem(ref, reason, AT, known.message, causes))
    if spec.issuer is None and not known.issuer:
        message = f"{where} has not said yet what iss of its tokens is"
        return UsableKeys(problem=Problem(ref, Reason.KEYS_UNAVAILABLE, AT, message, causes))
    read = _read(known.keys.encode(), spec, inspectors)
    if read is None:
        message = f"{where}: has no key for {', '.join(spec.algorithms)}; name the algorithm in algorithms"
        return UsableKeys(issuer=known.issuer, problem=Problem(ref, Reason.NO_USABLE_KEYS, AT, message, causes))
    stale = None
    if known.reason:
        stale = Problem(ref, Reason.KEYS_STALE, AT, f"the last good keys serve, for {known.message}", causes)
    return UsableKeys(read[0], known.issuer, stale)


def _read(value: bytes, spec: TokenIssuerSpec, inspectors: Validators) -> tuple[tuple[IssuerKey, ...], bool] | None:
    """The keys of a set that count, and whether some are left out because others have their kid; None for no set."""
    if len(value) > KEY_SET_BYTES_MAX:
        return None
    try:
        found = inspectors.read_public_keys(value.decode("utf-8", "replace"))
    except UnreadableKey:
        return None
    keys = tuple(
        IssuerKey(material=it.pem, algorithms=algorithms, id=it.id)
        for it in found.keys
        if (algorithms := _algorithms(it, spec))
    )
    return (keys, bool(found.repeated)) if found.is_set and keys else None


def _algorithms(key: PublicKey, spec: TokenIssuerSpec) -> tuple[str, ...]:
    """Those of the issuer's algorithms that a key may verify."""
    if key.type == "RSA" and key.bits < RSA_BITS_MIN:
        return ()
    intended = None if key.algorithm is None else token_names(key.algorithm)
    return tuple(
        sorted(it for it in spec.algorithms if is_fit(key.type, key.bits, it) and (intended is None or it in intended))
    )
