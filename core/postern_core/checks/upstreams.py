"""What can be wrong with the upstreams of a Service, and with its or a Route's mirrors, by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.resources.service_upstreams import upstreams_of
from postern_core.resources.types import milliseconds
from postern_core.resources.upstream import ServiceUpstream
from postern_core.resources.upstreams import WeightedUpstream
from postern_core.validators import Validators

from .header_changes import wrong_with_both
from .normal_path import path_is_not_normal


def upstream_is_not_exactly_one(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    for at, upstream in upstreams_of(owner.spec):
        given = [name for name in ("url", "service", "endpoints") if getattr(upstream, name) is not None]
        if len(given) != 1:
            has = " and ".join(given) or "none"
            yield at, f"must have exactly one of url, service and endpoints, has {has}"


def url_is_not_an_upstream(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    for at, upstream in upstreams_of(owner.spec):
        wrong = _wrong_with_url(upstream.url) if upstream.url is not None else ""
        if wrong:
            yield f"{at}.url", wrong


def split_url(url: str) -> SplitResult | None:
    """The parts of an upstream's URL, None when it can't be read; its port may still raise ValueError."""
    if not url.isascii() or any(char <= " " or char == "\x7f" for char in url):
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return None
    return parts


def _wrong_with_url(url: str) -> str:
    parts = split_url(url)
    if parts is None:
        return "can't be read as a URL; write it as https://host:port/path in ASCII, without spaces"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "must be absolute, http:// or https:// and a host"
    if "@" in parts.netloc:
        return "must not contain a user or password"
    if "?" in url or "#" in url:
        return "must not contain a query or fragment"
    if parts.port == 0:
        return "port 0 can't be used; use 1 to 65535"
    return path_is_not_normal(parts.path or "/")


def timeout_is_zero(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    for at, upstream in upstreams_of(owner.spec):
        for name in ("connect", "request", "idle"):
            if milliseconds(getattr(upstream.timeouts, name)) == 0:
                yield f"{at}.timeouts.{name}", "must be longer than 0s"


def every_weight_is_zero(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    weighted = owner.spec.upstreams if isinstance(owner, Service) else None
    if weighted and not any(upstream.weight for upstream in weighted):
        yield "spec.upstreams", "one of them needs a weight above 0"
    for at, upstream in upstreams_of(owner.spec):
        if upstream.endpoints and not any(endpoint.weight for endpoint in upstream.endpoints):
            yield f"{at}.endpoints", "one of them needs a weight above 0"


def tls_contradicts_itself(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    for at, upstream in upstreams_of(owner.spec):
        tls = upstream.tls
        if tls is None:
            continue
        if upstream.url is not None and upstream.url.startswith("http:"):
            yield f"{at}.tls", "has no effect with an http URL; use https, or remove it"
        if tls.insecure_skip_verify and tls.ca_certificate_ref is not None:
            yield f"{at}.tls", "insecureSkipVerify and caCertificateRef exclude each other; remove one"
        if tls.server_name is not None and tls.server_name.startswith("*"):
            yield f"{at}.tls.serverName", "must be one name, not a wildcard"


def upstream_has_no_name(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    for at, upstream in upstreams_of(owner.spec):
        if upstream.endpoints is None or len(upstream.endpoints) == 1 or _server_name(upstream):
            continue
        if upstream.host_header == "Upstream":
            yield f"{at}.hostHeader", "with several endpoints Upstream needs tls.serverName; add it, or use Client"
        if upstream.tls is not None:
            yield f"{at}.tls.serverName", "is required with several endpoints"


def _server_name(upstream: ServiceUpstream) -> str:
    return (upstream.tls and upstream.tls.server_name) or ""


def header_change_of_an_upstream_is_wrong(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    for at, upstream in upstreams_of(owner.spec):
        if isinstance(upstream, WeightedUpstream):
            yield from wrong_with_both(at, upstream)


def percent_contradicts_fraction(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    for index, mirror in enumerate(owner.spec.mirrors or ()):
        if mirror.percent is not None and mirror.fraction is not None:
            yield f"spec.mirrors[{index}]", "must have at most one of percent and fraction"


def fraction_is_more_than_all(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    for index, mirror in enumerate(owner.spec.mirrors or ()):
        if mirror.fraction is not None and mirror.fraction.numerator > mirror.fraction.denominator:
            yield f"spec.mirrors[{index}].fraction.numerator", "must not be more than the denominator"


UPSTREAM_CHECKS = (
    upstream_is_not_exactly_one,
    url_is_not_an_upstream,
    timeout_is_zero,
    every_weight_is_zero,
    tls_contradicts_itself,
    upstream_has_no_name,
    header_change_of_an_upstream_is_wrong,
    percent_contradicts_fraction,
    fraction_is_more_than_all,
)
