"""What can be wrong with where the keys of a TokenIssuer come from."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.key_source import Fetch
from postern_core.resources.token_issuer import TokenIssuer
from postern_core.resources.types import milliseconds
from postern_core.validators import Validators

from .upstreams import split_url

_BOUNDS_MS = {"refresh": (60_000, 86_400_000, "1m to 24h"), "timeout": (100, 30_000, "100ms to 30s")}


def keys_are_not_exactly_one(issuer: TokenIssuer, _: Validators) -> Iterator[tuple[str, str]]:
    keys = issuer.spec.keys
    if sum(it is not None for it in (keys.discovery, keys.url, keys.kubernetes, keys.ref)) != 1:
        yield "spec.keys", "must have exactly one of discovery, url, kubernetes and ref"


def url_is_not_one_of_keys(issuer: TokenIssuer, _: Validators) -> Iterator[tuple[str, str]]:
    keys = issuer.spec.keys
    discovered = keys.discovery.url if keys.discovery is not None else None
    for at, url in (("discovery.url", discovered), ("url", keys.url)):
        if url is not None and (wrong := _wrong_with_url(url)):
            yield f"spec.keys.{at}", wrong


def issuer_is_missing(issuer: TokenIssuer, _: Validators) -> Iterator[tuple[str, str]]:
    if (issuer.spec.issuer is None) != (issuer.spec.keys.kubernetes is not None):
        yield "spec.issuer", "must be given, but with keys.kubernetes must not, for the API server names its own"


def issuer_is_not_discoverable(issuer: TokenIssuer, _: Validators) -> Iterator[tuple[str, str]]:
    named, discovery = issuer.spec.issuer, issuer.spec.keys.discovery
    if (
        named is not None
        and discovery is not None
        and discovery.url is None
        and (_wrong_with_url(named) or "?" in named)
    ):
        yield "spec.issuer", "must be a URL without query or fragment, or keys.discovery needs a url of its own"


def keys_are_not_protected(issuer: TokenIssuer, _: Validators) -> Iterator[tuple[str, str]]:
    fetch = issuer.spec.fetch
    if is_plain(issuer) and not (fetch is not None and (fetch.insecure or fetch.service is not None)):
        yield "spec.keys", "must be fetched by https, or fetch.insecure must be true"


def fetch_has_no_effect(issuer: TokenIssuer, _: Validators) -> Iterator[tuple[str, str]]:
    fetch, keys = issuer.spec.fetch, issuer.spec.keys
    if fetch is None:
        return
    if keys.ref is not None:
        yield "spec.fetch", "has no effect with keys.ref; remove it"
    if keys.kubernetes is not None and (fetch.insecure or fetch.ca_certificate_ref or fetch.service):
        message = "insecure, caCertificateRef and service have no effect with keys.kubernetes; remove them"
        yield "spec.fetch", message


def fetch_is_out_of_bounds(issuer: TokenIssuer, _: Validators) -> Iterator[tuple[str, str]]:
    fetch = issuer.spec.fetch or Fetch()
    for name, (least, most, words) in _BOUNDS_MS.items():
        if not least <= milliseconds(getattr(fetch, name)) <= most:
            yield f"spec.fetch.{name}", f"must be {words}"
    if 0 < milliseconds(fetch.max_stale) < milliseconds(fetch.refresh):
        yield "spec.fetch.maxStale", "must be 0s, or no shorter than refresh"


def is_plain(issuer: TokenIssuer) -> bool:
    """Whether the first URL that is fetched for an issuer is one of http."""
    keys = issuer.spec.keys
    url = keys.url if keys.discovery is None else keys.discovery.url or issuer.spec.issuer
    return (url or "").lower().startswith("http:")


def _wrong_with_url(url: str) -> str:
    parts = split_url(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return "must be absolute, http:// or https:// and a host, without a user or password"
    if parts.port == 0:
        return "port 0 can't be used; use 1 to 65535"
    return "must not contain a fragment" if "#" in url else ""


KEY_SOURCE_CHECKS = (
    keys_are_not_exactly_one,
    url_is_not_one_of_keys,
    issuer_is_missing,
    issuer_is_not_discoverable,
    keys_are_not_protected,
    fetch_has_no_effect,
    fetch_is_out_of_bounds,
)
