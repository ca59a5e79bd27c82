"""`upstreams` of a Service: several applications, each with a share of the requests."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from .upstream import ServiceUpstream

UPSTREAMS_MAX = 16


class WeightedUpstream(ServiceUpstream, frozen=True):
    """One of several applications: exactly one of url, service and endpoints MUST be given."""

    weight: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="The share of the requests, in proportion to the sum of all weights: of two upstreams with 90 "
            "and 10 the first gets nine requests of ten. 0 sends nothing here. Default: 1.",
        ),
    ] = 1
