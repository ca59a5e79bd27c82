"""What can be wrong with a Service by itself."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.paths import DOUBLE_ENCODING, PATH_PARAMETER
from postern_core.resources.service import Service
from postern_core.validators import Validators

from .blocks import BLOCK_CHECKS
from .duplicates import duplicates
from .host_tls import certificate_is_named_twice
from .normal_path import path_is_not_normal
from .upstreams import UPSTREAM_CHECKS


def upstream_and_upstreams_are_not_exactly_one(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    if (service.spec.upstream is None) == (service.spec.upstreams is None):
        has = "none" if service.spec.upstream is None else "both"
        yield "spec", f"must have exactly one of upstream and upstreams, has {has}"


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


SERVICE_CHECKS = (
    upstream_and_upstreams_are_not_exactly_one,
    prefix_is_not_normal,
    encoded_slash_can_never_come,
    path_parameter_can_never_come,
    double_encoding_can_never_come,
    no_prefix_can_be_restored,
    strip_contradicts_rewrite,
    host_is_named_twice,
    gateway_is_named_twice,
    certificate_is_named_twice,
    *UPSTREAM_CHECKS,
    *BLOCK_CHECKS,
)
