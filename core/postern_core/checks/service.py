"""What can be wrong with a Service by itself."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from postern_core.paths import DOUBLE_ENCODING, PATH_PARAMETER
from postern_core.resources.service import Service
from postern_core.resources.service_upstreams import upstreams_of
from postern_core.resources.types import milliseconds
from postern_core.resources.upstream import ServiceUpstream
from postern_core.validators import Validators

from .blocks import BLOCK_CHECKS
from .duplicates import duplicates
from .header_changes import wrong_with_both
from .host_tls import certificate_is_named_twice
from .normal_path import path_is_not_normal

__all__ = ["SERVICE_CHECKS", "split_url"]


def upstream_is_not_exactly_one(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    for at, upstream in upstreams_of(service.spec):
        given = [name for name in ("url", "service", "endpoints") if getattr(upstream, name) is not None]
        if len(given) != 1:
            has = " and ".join(given) or "none"
            yield at, f"must have exactly one of url, service and endpoints, has {has}"


def upstream_and_upstreams_are_not_exactly_one(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    if (service.spec.upstream is None) == (service.spec.upstreams is None):
        has = "none" if service.spec.upstream is None else "both"
        yield "spec", f"must have exactly one of upstream and upstreams, has {has}"


def url_is_not_an_upstream(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    for at, upstream in upstreams_of(service.spec):
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


def prefix_is_not_normal(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    wrong = path_is_not_normal(service.spec.path_prefix)
    if wrong:
        yield "spec.pathPrefix", wrong


def no_prefix_can_be_restored(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    spec = service.spec
    path = spec.rewrite.path if spec.rewrite else None
    if path is not None:
        is_changed = path.type == "ReplacePrefixMatch" and (spec.path_prefix, path.value) != ("/", "/")
    else:
        is_changed = spec.strip_path_prefix and spec.path_prefix != "/"
    if spec.restore_path_prefix and not is_changed:
        wrong = "puts back what stripPathPrefix has taken off, and nothing is; set a pathPrefix, or remove it"
        yield "spec.restorePathPrefix", wrong


def strip_contradicts_rewrite(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    spec = service.spec
    if not spec.strip_path_prefix and spec.rewrite and spec.rewrite.path is not None:
        yield "spec.stripPathPrefix", "keeps the prefix, which rewrite.path replaces; remove one of the two"


def encoded_slash_can_never_come(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    if service.spec.encoded_slashes == "Reject" and _has_encoded_slash(service.spec.path_prefix):
        yield "spec.pathPrefix", "contains an encoded slash, which encodedSlashes: Reject refuses; set it to Keep"


def path_parameter_can_never_come(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    if service.spec.path_parameters == "Reject" and PATH_PARAMETER.search(service.spec.path_prefix):
        yield "spec.pathPrefix", "holds a path parameter, which pathParameters: Reject refuses; set it to Keep"


def double_encoding_can_never_come(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    if service.spec.double_encoding == "Reject" and DOUBLE_ENCODING.search(service.spec.path_prefix):
        yield (
            "spec.pathPrefix",
            "holds an escape within an escape, which doubleEncoding: Reject refuses; set it to Keep",
        )


def _has_encoded_slash(path: str) -> bool:
    return "%2f" in path.lower() or "%5c" in path.lower()


def host_is_named_twice(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    yield from duplicates("spec.hosts", service.spec.hosts)


def gateway_is_named_twice(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    yield from duplicates("spec.gateways", service.spec.gateways)


def timeout_is_zero(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    for at, upstream in upstreams_of(service.spec):
        for name in ("connect", "request", "idle"):
            if milliseconds(getattr(upstream.timeouts, name)) == 0:
                yield f"{at}.timeouts.{name}", "must be longer than 0s"


def every_weight_is_zero(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    weighted = service.spec.upstreams
    if weighted and not any(upstream.weight for upstream in weighted):
        yield "spec.upstreams", "one of them needs a weight above 0"
    for at, upstream in upstreams_of(service.spec):
        if upstream.endpoints and not any(endpoint.weight for endpoint in upstream.endpoints):
            yield f"{at}.endpoints", "one of them needs a weight above 0"


def tls_contradicts_itself(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    for at, upstream in upstreams_of(service.spec):
        tls = upstream.tls
        if tls is None:
            continue
        if upstream.url is not None and upstream.url.startswith("http:"):
            yield f"{at}.tls", "has no effect with an http URL; use https, or remove it"
        if tls.insecure_skip_verify and tls.ca_certificate_ref is not None:
            yield f"{at}.tls", "insecureSkipVerify and caCertificateRef exclude each other; remove one"
        if tls.server_name is not None and tls.server_name.startswith("*"):
            yield f"{at}.tls.serverName", "must be one name, not a wildcard"


def upstream_has_no_name(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    for at, upstream in upstreams_of(service.spec):
        if upstream.endpoints is None or len(upstream.endpoints) == 1 or _server_name(upstream):
            continue
        if upstream.host_header == "Upstream":
            yield f"{at}.hostHeader", "with several endpoints Upstream needs tls.serverName; add it, or use Client"
        if upstream.tls is not None:
            yield f"{at}.tls.serverName", "is required with several endpoints"


def _server_name(upstream: ServiceUpstream) -> str:
    return (upstream.tls and upstream.tls.server_name) or ""


def header_change_of_an_upstream_is_wrong(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    for index, upstream in enumerate(service.spec.upstreams or ()):
        yield from wrong_with_both(f"spec.upstreams[{index}]", upstream)


SERVICE_CHECKS = (
    upstream_and_upstreams_are_not_exactly_one,
    upstream_is_not_exactly_one,
    url_is_not_an_upstream,
    prefix_is_not_normal,
    encoded_slash_can_never_come,
    path_parameter_can_never_come,
    double_encoding_can_never_come,
    no_prefix_can_be_restored,
    strip_contradicts_rewrite,
    host_is_named_twice,
    gateway_is_named_twice,
    timeout_is_zero,
    every_weight_is_zero,
    tls_contradicts_itself,
    upstream_has_no_name,
    header_change_of_an_upstream_is_wrong,
    certificate_is_named_twice,
    *BLOCK_CHECKS,
)
