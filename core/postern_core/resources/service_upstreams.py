"""The applications behind a Service or a Route, and what they refer to: upstreams, and mirrors."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.ref import Ref

from .host_tls import certificate_holders
from .route import RouteSpec
from .service import ServiceSpec
from .upstream import ServiceUpstream
from .upstream_tls import tls_references


def upstreams_of(spec: ServiceSpec | RouteSpec) -> Iterator[tuple[str, ServiceUpstream]]:
    """The upstreams of a Service, and its or a Route's mirrors behind them, each with its field."""
    if isinstance(spec, ServiceSpec):
        if spec.upstream is not None:
            yield "spec.upstream", spec.upstream
        for index, upstream in enumerate(spec.upstreams or ()):
            yield f"spec.upstreams[{index}]", upstream
    for index, mirror in enumerate(spec.mirrors or ()):
        yield f"spec.mirrors[{index}]", mirror


def references_of(ref: Ref, spec: ServiceSpec | RouteSpec) -> Iterator[Ref]:
    """The objects of Kubernetes that a Service or a Route names, whether they exist or not."""
    for _, upstream in upstreams_of(spec):
        if upstream.service is not None:
            yield Ref("core/Service", ref.namespace, upstream.service.name)
        yield from tls_references(upstream.tls, ref.namespace)
    if isinstance(spec, ServiceSpec):
        yield from certificate_holders(ref, spec.tls or None)
