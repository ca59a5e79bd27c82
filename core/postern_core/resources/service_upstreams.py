"""The applications behind a Service, and what they refer to: its upstreams, and its mirrors."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.ref import Ref

from .host_tls import certificate_holders
from .service import ServiceSpec
from .upstream import ServiceUpstream
from .upstream_tls import tls_references


def upstreams_of(spec: ServiceSpec) -> Iterator[tuple[str, ServiceUpstream]]:
    """The upstreams of a Service, and its mirrors behind them, each with its field."""
    if spec.upstream is not None:
        yield "spec.upstream", spec.upstream
    for index, upstream in enumerate(spec.upstreams or ()):
        yield f"spec.upstreams[{index}]", upstream
    for index, mirror in enumerate(spec.mirrors):
        yield f"spec.mirrors[{index}]", mirror


def references_of(ref: Ref, spec: ServiceSpec) -> Iterator[Ref]:
    """The objects of Kubernetes that a Service names, whether they exist or not."""
    for _, upstream in upstreams_of(spec):
        if upstream.service is not None:
            yield Ref("core/Service", ref.namespace, upstream.service.name)
        yield from tls_references(upstream.tls, ref.namespace)
    yield from certificate_holders(ref, spec.tls or None)
