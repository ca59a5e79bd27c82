"""The `rateLimit` list of Service and Route: how often requests may come."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from .claims import ClaimPath
from .rules import Rule
from .types import Duration, Spec

# A number beyond this is a slip of the keyboard: in a second no gateway passes so many, and in a day it is 11 a second.
REQUESTS_MAX = 1_000_000
LIMITS_MAX = 8
PER_MIN, PER_MAX = "1s", "24h"

Requests = Annotated[int, Meta(ge=1, le=REQUESTS_MAX)]


class RateLimit(Spec, frozen=True):
    """How many requests may come in a time, by each value of a key."""

    RULES = (
        Rule(
            "claim_and_key_disagree",
            "has(self.claim) == (self.by == 'Claim')",
            "must have claim where by is Claim, and nowhere else",
        ),
        Rule(
            "time_is_out_of_bounds",
            f"duration(self.per) >= duration('{PER_MIN}') && duration(self.per) <= duration('{PER_MAX}')",
            f"must be {PER_MIN} to {PER_MAX}",
            ".per",
        ),
    )

    by: Annotated[
        Literal["Consumer", "Client", "Route", "Claim"],
        Meta(
            description="Whose requests count together. Consumer: those of one caller, as its token names it. Claim: "
            "those with one value of a claim. Client: those from one address, as clients.address: Client has it, and "
            "of IPv6 from one /64. Route: all of a Route. Consumer and Claim need auth.jwt, and count no request "
            "without a token, but that anonymousConsumer is a Consumer like any other."
        ),
    ]
    requests: Annotated[
        Requests,
        Meta(description="How many requests may come in the time of per, on average. Example: 100."),
    ]
    per: Annotated[
        Duration,
        Meta(description="The time in which so many requests may come, 1s to 24h. Example: 1m."),
    ]
    burst: (
        Annotated[
            Requests,
            Meta(
                description="How many requests may come at once, after a pause; so many are saved up at the most. "
                "Example: 20. Default: as many as requests."
            ),
        ]
        | None
    ) = None
    claim: (
        Annotated[
            ClaimPath,
            Meta(
                description="With by: Claim, where the claim is: its name, or a member of an object within the one "
                "before. Examples: [sub], [tenant, id]."
            ),
        ]
        | None
    ) = None
