"""`retry` and `timeouts` of Service and Route: how long requests may take, and when they are sent once more."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from .rules import Rule
from .types import SET, Duration, Spec

CODES_MAX = 16
ATTEMPTS_MAX = 5


class Retry(Spec, frozen=True):
    """When a response is not the client's answer, and the request is sent once more.

    Only a request with an idempotent method (GET, HEAD, OPTIONS, PUT or DELETE) is sent again, and of those with a body
    only one of which 64 KiB at the most were sent.
    It goes to another endpoint of the same upstream, where there is one.
    """

    codes: Annotated[
        tuple[Annotated[int, Meta(ge=400, le=599)], ...],
        Meta(
            max_length=CODES_MAX,
            description="The statuses of responses after which a request is sent again, 400 to 599. An attempt that "
            "takes longer than timeouts.backendRequest counts as 504. The empty list sends none again. "
            "Example: [502, 503, 504].",
            extra_json_schema=SET,
        ),
    ]
    attempts: Annotated[
        int,
        Meta(
            ge=1,
            le=ATTEMPTS_MAX,
            description="How many more attempts are made after the first; the response to the last one is the client's "
            "answer. Default: 1.",
        ),
    ] = 1


class ExchangeTimeouts(Spec, frozen=True):
    """How long requests may take as a whole; durations are written 500ms, 5s or 1h30m.

    Not for WebSockets: once a connection is upgraded, only the idle time-out of its upstream counts.
    """

    RULES = (
        *(
            Rule(
                "time_of_requests_is_zero",
                f"!has(self.{name}) || self.{name}.matches('[1-9]')",
                "must be longer than 0s",
                f".{name}",
            )
            for name in ("request", "backendRequest")
        ),
        Rule(
            "attempt_outlasts_its_request",
            "!has(self.request) || !has(self.backendRequest) || "
            "duration(self.backendRequest) <= duration(self.request)",
            "must not be longer than request, which all attempts have together",
            ".backendRequest",
        ),
    )

    request: (
        Annotated[
            Duration,
            Meta(
                description="From the head of the request to the end of the response, with all attempts; beyond it the "
                "answer is 504, or 408 while it is the client that has not sent all of its body, and a response that "
                "has begun is cut short. Example: 10s. Default: none, and then only the time-outs of the upstream "
                "count."
            ),
        ]
        | None
    ) = None
    backend_request: (
        Annotated[
            Duration,
            Meta(
                description="The same of one attempt, from the head that is sent to the application on. It MUST NOT be "
                "longer than request. Example: 2s. Default: none."
            ),
        ]
        | None
    ) = None
