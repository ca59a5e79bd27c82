"""Several applications: `upstreams` with shares of the requests, and `mirrors` with copies of them."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from .auth import NULLABLE
from .header_changes import RequestHeaders, ResponseHeaders
from .rules import Rule
from .types import Spec
from .upstream import ServiceUpstream

UPSTREAMS_MAX = 16
MIRRORS_MAX = 4
PERCENT = 100


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
    request_headers: (
        Annotated[
            RequestHeaders,
            Meta(
                description="How the header fields of the requests that go here are changed, after the requestHeaders "
                "of the Route or the Service. Copies for mirrors are not changed by it. "
                "Example: {set: [{name: X-Version, value: canary}]}. Default: none.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    response_headers: (
        Annotated[
            ResponseHeaders,
            Meta(
                description="How the header fields of the responses that come from here are changed, after the "
                "responseHeaders of the Route or the Service. Default: none.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET


class Fraction(Spec, frozen=True):
    """So many of so many."""

    RULES = (
        Rule(
            "fraction_is_more_than_all",
            f"self.numerator <= (has(self.denominator) ? self.denominator : {PERCENT})",
            "must not be more than the denominator",
            ".numerator",
        ),
    )

    numerator: Annotated[int, Meta(ge=0, le=1_000_000, description="How many. Example: 5.")]
    denominator: Annotated[
        int, Meta(ge=1, le=1_000_000, description=f"Of how many. Example: 1000. Default: {PERCENT}.")
    ] = PERCENT


class Mirror(ServiceUpstream, frozen=True):
    """An application that gets copies of requests: exactly one of url, service and endpoints MUST be given.

    A copy is never sent again, whatever retries says, and its answer has timeouts.request in all.
    At most one of percent and fraction may be given; without either all requests are copied.
    """

    RULES = (
        *ServiceUpstream.RULES,
        Rule(
            "percent_contradicts_fraction",
            "!has(self.percent) || !has(self.fraction)",
            "must have at most one of percent and fraction",
        ),
    )

    percent: (
        Annotated[
            int,
            Meta(
                ge=0,
                le=100,
                description="Of how many of a hundred requests of a Route a copy is sent; they are spread evenly. 0 "
                "sends none. Default: 100, without a fraction.",
            ),
        ]
        | None
    ) = None
    fraction: (
        Annotated[
            Fraction,
            Meta(
                description="The same, of how many requests one likes. Example: {numerator: 1, denominator: 1000}. "
                "Default: none."
            ),
        ]
        | None
    ) = None
