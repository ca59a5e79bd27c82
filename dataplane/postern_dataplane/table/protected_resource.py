"""A protected resource (RFC 9728), ready to say where tokens for it are made; only its origin is a request's own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from postern_core.snapshot import BEARER, Policy
from postern_core.snapshot_protected_resource import ProtectedResource
from postern_dataplane.request.denials import PROTECTED_RESOURCE, Denial


class CompiledResource:
    """What is published of the application behind a policy."""

    __slots__ = ("_path", "_rest", "_well_known")

    def __init__(self, entry: ProtectedResource, policy: Policy, issuers: Iterable[str]) -> None:
        self._path = entry.path
        self._well_known = entry.metadata_path.replace('"', '\\"')
        self._rest = _members(entry, policy, issuers)

    def metadata(self, origin: str) -> Denial:
        """The answer to a request for the metadata; `origin` is the scheme and the host by which it was asked for."""
        # Section 3.3: the resource "MUST be identical to" that into whose URL the well-known part was inserted.
        return PROTECTED_RESOURCE.with_document(b'{"resource":' + msgspec.json.encode(origin + self._path) + self._rest)

    def challenged(self, denial: Denial, origin: str) -> Denial:
        """A refusal whose challenge names the metadata (section 5.1), "" for a request that names no host."""
        return _challenged(denial, origin + self._well_known) if denial.challenge and origin else denial

    def challenge_bytes_max(self, denials: Iterable[Denial], origin: str) -> int:
        """The memory of the longest challenge among these refusals."""
        longest = max(denials, key=lambda it: len(it.challenge))
        return self.challenged(longest, origin).text_bytes


@lru_cache(maxsize=64)
def _challenged(denial: Denial, url: str) -> Denial:
    """The hosts are strangers' words, so that few are remembered: a challenge has all scopes of a resource, twice."""
    return denial.with_challenge(f'{denial.challenge}, resource_metadata="{url}"')


def _members(entry: ProtectedResource, policy: Policy, issuers: Iterable[str]) -> bytes:
    """The members after the first one, and the end of the object."""
    takes_bearer = any((it.kind, it.name, it.scheme) == ("header", "authorization", BEARER) for it in policy.places)
    members = {
        "authorization_servers": sorted(filter(None, issuers)),
        "scopes_supported": entry.scopes,
        "bearer_methods_supported": ["header"] if takes_bearer else [],
        "resource_name": entry.name,
        "resource_documentation": entry.documentation,
    }
    given = msgspec.json.encode({name: value for name, value in members.items() if value})
    return b"," + given[1:] if len(given) > len(b"{}") else b"}"
