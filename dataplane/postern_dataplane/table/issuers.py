"""The row of a token issuer: its keys by algorithm and kid, and who calls with one of its tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from postern_core.algorithms import token_names
from postern_core.revocation import unpacked
from postern_core.snapshot import Consumer, Credential, Key, Policy
from postern_core.snapshot_issuers import TokenIssuer
from postern_dataplane.jwt.claim_values import ELEMENTS_MAX, SPACE_SEPARATED, Claims, claim_at
from postern_dataplane.jwt.keys import VerificationKey

from .identity_headers import Identity, consumer_identity

# Of a name and of each group: every log line, and each request that goes upstream, has them.
NAME_CHARS_MAX = 256


class CompiledIssuer:
    """An issuer, ready for tokens; its keys are read when a token first names them.

    `keys` are by the token's `alg` and `kid`, so that no algorithm and no key that the issuer does not have is ever
    tried.  `kids` are the ids of them all.
    """

    __slots__ = ("_consumer", "_identities", "audiences", "entry", "keys", "kids", "revoked_digests", "revoked_jtis")

    def __init__(self, entry: TokenIssuer, consumer: Consumer | None) -> None:
        self.entry = entry
        self._consumer = consumer
        # That of its Consumer, by whether it is seen from another namespace.
        self._identities: dict[bool, Identity] = {}
        self.keys = _keys(entry)
        self.kids = frozenset(key.id for key in entry.keys)
        self.audiences = frozenset(entry.audiences)
        self.revoked_jtis = frozenset(entry.revoked_jtis)
        self.revoked_digests = unpacked(entry.revoked_digests)

    def caller(self, claims: Claims) -> Consumer | None:
        """Who calls, None where the token does not say it in a form that a header can carry.

        A name of a token stands behind that of its issuer, with a colon, which no Consumer's name has.
        """
        entry = self.entry
        if not entry.name_from:
            return self._consumer
        name = claim_at(entry.name_from, claims)
        if not _is_name(name):
            return None
        groups = tuple([f"{entry.name}:{it}" for it in self._groups(claims)]) if entry.groups_from else ()
        id_ = f"{entry.id}:{name}"
        return Consumer(id=id_, namespace=entry.namespace, name=f"{entry.name}:{name}", groups=groups)

    def identity(self, consumer: Consumer, namespace: str) -> Identity:
        """A caller as a policy of this namespace sees it; that of the issuer's one Consumer is made once."""
        if consumer is not self._consumer:
            return consumer_identity(consumer, self.entry.name, namespace)
        is_abroad = namespace != consumer.namespace
        known = self._identities.get(is_abroad)
        if known is None:
            known = self._identities[is_abroad] = consumer_identity(consumer, self.entry.name, namespace)
        return known

    def _groups(self, claims: Claims) -> Iterable[str]:
        path = self.entry.groups_from
        value = claim_at(path, claims)
        if type(value) is str:
            value = value.split(" ") if len(path) == 1 and path[0] in SPACE_SEPARATED else [value]
        if type(value) is not list:
            return ()
        # In a list of groups, a comma would make two of one.
        return dict.fromkeys(it for it in value[:ELEMENTS_MAX] if _is_name(it) and "," not in it and " " not in it)


# By a claim that names a credential: the key of one with keys of its own, or an issuer's id and the key of a binding.
# A claim of a token is a text, so that no token can name a binding as if it were a credential with keys.
CredentialName = str | tuple[str, str]


def credential_name(entry: Credential) -> CredentialName:
    """By what a credential is looked up."""
    return (entry.issuer, entry.key) if entry.issuer else entry.key


NO_ISSUERS: Mapping[str, CompiledIssuer] = MappingProxyType({})


def issuers_of(policy: Policy, issuers: Mapping[str, CompiledIssuer]) -> dict[str, CompiledIssuer] | None:
    """The issuers that a policy names, by what `iss` must be; None where it names none.

    One that is not there is left out, so that its tokens are those of a stranger.  Under "" is one whose `iss` is
    still unknown.
    """
    if not policy.token_issuers:
        return None
    rows = [row for id_ in policy.token_issuers if (row := issuers.get(id_))]
    return {row.entry.issuer: row for row in rows}


def _is_name(value: Any) -> bool:
    if type(value) is not str or len(value) > NAME_CHARS_MAX:
        return False
    return value.isascii() and value.isprintable() and value == value.strip() != ""


def _keys(entry: TokenIssuer) -> dict[str, dict[str | None, tuple[VerificationKey, ...]]]:
    """The keys by the names of their algorithms in tokens, then by id; under None all, for tokens without a kid."""
    found: dict[str, dict[str | None, tuple[VerificationKey, ...]]] = {}
    for key in entry.keys:
        plain = Key(material=key.material, id=key.id)
        for name, algorithm in _named(key.algorithms).items():
            ring = found.setdefault(name, {None: ()})
            verifier = VerificationKey(plain, algorithm)
            ring[None] = (*ring[None], verifier)
            if key.id is not None:
                ring[key.id] = (*ring.get(key.id, ()), verifier)
    return found


def _named(algorithms: Iterable[str]) -> dict[str, str]:
    """Each name that a token may give, with the algorithm that it means."""
    return {name: algorithm for algorithm in sorted(algorithms) for name in token_names(algorithm)}
