"""A credential of a table, with everything prepared that needn't be done per token."""

from __future__ import annotations

import msgspec

from postern_core.algorithms import KEYS_TRIED_MAX
from postern_core.revocation import unpacked
from postern_core.snapshot import Consumer, Credential
from postern_dataplane.jwt.keys import VerificationKey

from .identity_headers import Identity, consumer_identity


class CompiledCredential(msgspec.Struct, gc=False, eq=False):
    """A credential with its consumer; its keys are read when a token first names them.

    A row outlives tables, and the policies of a table.  What it remembers follows from the entry and the consumer
    alone: the keys, and the two identities, which no claim is a part of.  There may be many rows, and none is in a
    cycle: the collector needn't look.
    """

    entry: Credential
    consumer: Consumer
    _identity: Identity | None = None
    _identity_abroad: Identity | None = None
    _keys: tuple[VerificationKey, ...] | None = None
    _keys_by_id: dict[str | None, tuple[VerificationKey, ...]] | None = None
    _revoked_jtis: frozenset[str] | None = None
    _revoked_digests: bytes | None = None

    def __repr__(self) -> str:
        """Without its keys."""
        return f"CompiledCredential({self.id!r})"

    @property
    def id(self) -> str:
        return self.entry.id

    def identity(self, namespace: str) -> Identity:
        """The consumer as a policy of this namespace sees it: by its own name, or by one with its namespace."""
        is_abroad = namespace != self.consumer.namespace
        known = self._identity_abroad if is_abroad else self._identity
        if known is None:
            known = consumer_identity(self.consumer, self.entry.key, namespace)
            if is_abroad:
                self._identity_abroad = known
            else:
                self._identity = known
        return known

    @property
    def keys(self) -> tuple[VerificationKey, ...]:
        if self._keys is None:
            self._keys = tuple(VerificationKey(key, self.entry.algorithm) for key in self.entry.keys)
        return self._keys

    def keys_for(self, kid: str | None) -> tuple[VerificationKey, ...]:
        """The keys that may have signed a token with this kid (None: without one).

        A kid that is the id of none may mean those that have no id.  None at all where there are too many to try.
        """
        if self._keys_by_id is None:
            self._keys_by_id = _keys_by_id(self.keys)
        tried = self.keys if kid is None else self._keys_by_id.get(kid) or self._keys_by_id[None]
        return tried if len(tried) <= KEYS_TRIED_MAX else ()

    @property
    def revoked_jtis(self) -> frozenset[str]:
        if self._revoked_jtis is None:
            self._revoked_jtis = frozenset(self.entry.revoked_jtis)
        return self._revoked_jtis

    @property
    def revoked_digests(self) -> bytes:
        if self._revoked_digests is None:
            self._revoked_digests = unpacked(self.entry.revoked_digests)
        return self._revoked_digests


def _keys_by_id(keys: tuple[VerificationKey, ...]) -> dict[str | None, tuple[VerificationKey, ...]]:
    """The keys of each id; under None those without one."""
    found: dict[str | None, tuple[VerificationKey, ...]] = {None: ()}
    for key in keys:
        found[key.id] = (*found.get(key.id, ()), key)
    return found
