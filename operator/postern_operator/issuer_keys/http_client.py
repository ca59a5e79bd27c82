"""One GET for a document of an identity provider: what it may lead to and how much may come back is bounded.

Nothing is shared by two fetches: no connection, no cookie, no resolved name, no proxy of the environment.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from .errors import FetchReason, KeyFetchError
from .fetch_policy import AddressRefused, FetchPolicy
from .slots import AT_ONCE, hold_until_done
from .source import Service

# Threads of their own: names whose servers are silent must not take those that compile.
# One for each slot, which is held while its thread resolves, so that no name waits for another.
_RESOLVING = ThreadPoolExecutor(AT_ONCE, "postern-resolve")
BODY_BYTES_MAX = 256 * 1024
ETAG_CHARS_MAX = 256
_HEADERS = {"Accept": "application/json, */*;q=0.1", "Accept-Encoding": "identity", "User-Agent": "postern"}
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
_ETAG = re.compile(r'(?:W/)?"[!#-~]*"')
_MAX_AGE = re.compile(r"max-age=\"?([0-9]{1,9})\"?")


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it came; `max_age_s` is how long it may be kept, None where nothing says so.

    `body` is None where it is as it was with the ETag that was sent.
    """

    body: bytes | None
    etag: str = ""
    max_age_s: float | None = None


class _Resolver(AbstractResolver):
    """Resolves by the system, or always to the Service that is dialled instead."""

    def __init__(self, service: Service | None) -> None:
        self._service = service

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        dialled = self._service or Service(host, port)
        resolving = _RESOLVING.submit(socket.getaddrinfo, dialled.host, dialled.port, family, socket.SOCK_STREAM)
        hold_until_done(resolving)
        found = await asyncio.wrap_future(resolving)
        return [
            ResolveResult(
                hostname=host, host=str(info[4][0]), port=dialled.port, family=info[0], proto=info[2], flags=0
            )
            for info in found
        ]

    async def close(self) -> None:
        """Hold nothing."""


async def get(
    url: URL, policy: FetchPolicy, *, service: Service | None = None, ca_pem: str = "", etag: str = ""
) -> Document:
    """Get a URL that `policy` has passed; raises `KeyFetchError`.  The caller bounds the time."""
    if service is not None and _is_address(url):
        raise KeyFetchError(FetchReason.NOT_ALLOWED, "the URL's host is an address; with a service, it must be a name")
    try:
        context = await asyncio.to_thread(_tls_context, ca_pem) if url.scheme == "https" else True
        connector = aiohttp.TCPConnector(
            resolver=_Resolver(service),
            socket_factory=policy.open_socket,
            ssl=context,
            use_dns_cache=False,
            force_close=True,
        )
        async with (
            aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, auto_decompress=False
            ) as session,
            session.get(
                url, headers=_HEADERS | ({"If-None-Match": etag} if etag else {}), allow_redirects=False
            ) as answer,
        ):
            return await _read(answer)
    except (aiohttp.ClientError, OSError, UnicodeError) as error:
        # From None: what a client's exception shows may be part of an answer.
        raise _failure(error) from None


async def _read(answer: aiohttp.ClientResponse) -> Document:
    status = answer.status
    etag, max_age_s = _etag_of(answer), _max_age_of(answer.headers.get("Cache-Control", ""))
    if status == HTTPStatus.NOT_MODIFIED:
        return Document(None, etag, max_age_s)
    if "Location" in answer.headers and 300 <= status < 400:
        raise KeyFetchError(FetchReason.REDIRECTED, f"redirects ({status}) to {_location_of(answer)}; name that URL")
    if status != HTTPStatus.OK:
        raise KeyFetchError(FetchReason.UNAVAILABLE, f"answers with status {status}")
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise KeyFetchError(FetchReason.UNAVAILABLE, "answers with a compressed body, which was not asked for")
    body = bytearray()
    async for part in answer.content.iter_any():
        body += part
        if len(body) > BODY_BYTES_MAX:
            raise KeyFetchError(FetchReason.UNAVAILABLE, f"answers with more than {BODY_BYTES_MAX // 1024} KiB")
    return Document(bytes(body), etag, max_age_s)


def _failure(error: Exception) -> KeyFetchError:
    """What went wrong, in words that hold nothing of an answer."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AddressRefused):
            return KeyFetchError(FetchReason.NOT_ALLOWED, f"leads to a forbidden address: {cause}")
        # Those of aiohttp around it are of the same types, and have none of their fields.
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, aiohttp.ClientError):
            verify = getattr(cause, "verify_message", "")
            why = verify or (cause.reason or type(cause).__name__).replace("_", " ").lower()
            return KeyFetchError(FetchReason.UNAVAILABLE, f"TLS fails: {why}")
        if isinstance(cause, socket.gaierror):
            return KeyFetchError(FetchReason.UNAVAILABLE, "the host's name can't be resolved")
        cause = cause.__cause__ or getattr(cause, "os_error", None)
    if isinstance(error, OSError) and error.errno:
        return KeyFetchError(FetchReason.UNAVAILABLE, f"no connection: {os.strerror(error.errno).lower()}")
    return KeyFetchError(FetchReason.UNAVAILABLE, f"no answer: {type(error).__name__}")


@lru_cache(maxsize=64)
def _tls_context(ca_pem: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=ca_pem or None)


def _is_address(url: URL) -> bool:
    return ":" in (url.host or "") or (url.host or "").replace(".", "").isdecimal()


def _location_of(answer: aiohttp.ClientResponse) -> str:
    """The host of a redirect, if it is one: the rest may carry a secret."""
    try:
        host = answer.url.join(URL(answer.headers["Location"])).host or ""
    except ValueError:
        host = ""
    return f"host {host}" if _HOST.fullmatch(host) else "another place"


def _etag_of(answer: aiohttp.ClientResponse) -> str:
    etag = answer.headers.get("ETag", "")
    return etag if len(etag) <= ETAG_CHARS_MAX and _ETAG.fullmatch(etag) else ""


def _max_age_of(cache_control: str) -> float | None:
    """How long an answer stays fresh (RFC 9111, section 5.2.2), None where it does not say."""
    directives = [it.strip().lower() for it in cache_control.split(",")]
    if "no-store" in directives or "no-cache" in directives:
        return 0.0
    ages = [int(match[1]) for it in directives if (match := _MAX_AGE.fullmatch(it))]
    return float(min(ages)) if ages else None
