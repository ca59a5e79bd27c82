"""One fetch of one source: its discovery document where it has one, the set, and what of the set counts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from postern_core.strict_json import DECODER
from postern_core.validators import UnreadableKey
from postern_operator.jwk_sets import read_published_jwks, write_jwks

from .errors import FetchReason, KeyFetchError
from .fetch_policy import FetchPolicy
from .http_client import Document, get
from .source import KeySource


class FetchedKeys(msgspec.Struct, frozen=True):
    """The last good set of a source: its public keys, written anew, and when it was found so (seconds since the epoch).

    `url` is where the set itself is, "" for that of the API server; `issuer` is what only the API server says: which
    `iss` its tokens have.
    """

    keys: str
    fetched_at: float
    url: str = ""
    etag: str = ""
    issuer: str = ""


class AccountKeys(NamedTuple):
    """What the API server says of the tokens of its ServiceAccounts."""

    issuer: str
    jwks: bytes


@dataclass(frozen=True, slots=True)
class Fetched:
    """A good answer; `max_age_s` is how long it may be kept, None where nothing says so."""

    keys: FetchedKeys
    max_age_s: float | None = None


# Asks the API server with the account of the operator; raises `KeyFetchError`.
KubernetesKeys = Callable[[], Awaitable[AccountKeys]]


@dataclass(frozen=True, slots=True)
class KeyClient:
    """Fetches by one policy; without `kubernetes` there is no API server to ask."""

    policy: FetchPolicy
    now: Callable[[], float]
    kubernetes: KubernetesKeys | None = None

    async def fetch(self, source: KeySource, before: FetchedKeys | None, timeout_s: float) -> Fetched:
        """Fetch from the resolving of the name to the last byte within a time; raises `KeyFetchError`."""
        try:
            async with asyncio.timeout(timeout_s):
                return await (self._of_api_server() if source.is_kubernetes else self._of_url(source, before))
        except TimeoutError:
            raise KeyFetchError(FetchReason.UNAVAILABLE, f"takes longer than {timeout_s:g} s") from None

    async def _of_api_server(self) -> Fetched:
        if self.kubernetes is None:
            raise KeyFetchError(FetchReason.UNAVAILABLE, "there is no API server whose keys could be read")
        issuer, jwks = await self.kubernetes()
        return Fetched(msgspec.structs.replace(_read(jwks, self.now()), issuer=issuer))

    async def _of_url(self, source: KeySource, before: FetchedKeys | None) -> Fetched:
        url = await self._jwks_url(source) if source.discovers else source.url
        known = before if before is not None and before.url == url else None
        answer = await self._get(source, url, known.etag if known else "")
        if answer.body is None:
            if known is None:
                raise KeyFetchError(FetchReason.UNAVAILABLE, "answers 304 to a request without a condition")
            return Fetched(msgspec.structs.replace(known, fetched_at=self.now()), answer.max_age_s)
        keys = _read(answer.body, self.now())
        return Fetched(msgspec.structs.replace(keys, url=url, etag=answer.etag), answer.max_age_s)

    async def _jwks_url(self, source: KeySource) -> str:
        """Where the discovery document says that the keys are (OpenID Connect Discovery 1.0, section 3)."""
        answer = await self._get(source, source.url)
        try:
            document = DECODER.decode((answer.body or b"").decode())
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise KeyFetchError(FetchReason.UNAVAILABLE, "its discovery document is not a JSON object")
        # Section 4.3: the issuer in it MUST be exactly that of the tokens.
        if document.get("issuer") != source.discovers:
            raise KeyFetchError(FetchReason.ISSUER_MISMATCH, "its discovery document is that of another issuer")
        url = document.get("jwks_uri")
        if not isinstance(url, str):
            raise KeyFetchError(FetchReason.NO_USABLE_KEYS, "its discovery document has no jwks_uri")
        return url

    async def _get(self, source: KeySource, text: str, etag: str = "") -> Document:
        is_plain = source.is_insecure or source.service is not None
        url = self.policy.check_url(text, may_be_plain=is_plain)
        first = self.policy.check_url(source.url, may_be_plain=is_plain)
        # The keys may be on another host than the document that names them: the service stands for the latter alone.
        service = source.service if url.origin() == first.origin() else None
        if service is not None:
            # It is what is connected to, so that the URL's host alone would limit nothing.
            self.policy.check_host(service.host, "the service")
        elif not source.is_insecure:
            self.policy.check_url(text, may_be_plain=False)
        return await get(url, self.policy, service=service, ca_pem=source.ca_pem, etag=etag)


def _read(body: bytes, now_s: float) -> FetchedKeys:
    try:
        found = read_published_jwks(body.decode())
    except UnicodeDecodeError:
        raise KeyFetchError(FetchReason.NO_USABLE_KEYS, "the key set is not UTF-8") from None
    except UnreadableKey as error:
        raise KeyFetchError(FetchReason.NO_USABLE_KEYS, f"the key set {error}") from None
    return FetchedKeys(write_jwks(found.keys), now_s)
