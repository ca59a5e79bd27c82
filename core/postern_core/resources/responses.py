"""The `responses` block of Service and Route: what clients get where the gateway answers itself."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from .rules import Rule
from .types import BODY_PATTERN, MediaType, Spec

BODY_BYTES_MAX = 4_096

# Those that the gateway answers of its own accord to a request that it could read and that a Service is meant to take.
Status = Literal[401, 403, 404, 413, 429, 502, 503, 504]


class ResponseBody(Spec, frozen=True):
    """The body of the gateway's own answers with one status."""

    RULES = (
        Rule(
            "body_is_too_long",
            f"size(bytes(self.body)) <= {BODY_BYTES_MAX}",
            f"has more than {BODY_BYTES_MAX:,} bytes as UTF-8; shorten it",
            ".body",
        ),
    )

    status: Annotated[
        Status,
        Meta(
            description="The status of the answer: 401 (no good token), 403 (not allowed), 404 (no Route takes the "
            "request), 413 (its body is too large), 429 (too many requests), 502 (the application can't be reached, or "
            "its response not be read), 503 (no application is there to answer) or 504 (it took too long)."
        ),
    ]
    content_type: Annotated[
        MediaType,
        Meta(description="The media type of the body. Example: text/html; charset=utf-8."),
    ]
    body: Annotated[
        str,
        Meta(
            pattern=BODY_PATTERN,
            min_length=1,
            max_length=BODY_BYTES_MAX,
            description="The body, as it is sent: UTF-8 of at most 4,096 bytes. Nothing in it is replaced. "
            'Example: \'{"error": "Please log in."}\'.',
        ),
    ]


class Responses(Spec, frozen=True):
    """What clients get where the gateway answers itself. Responses of the application are never changed.

    Statuses and header fields stay as they are; only bodies and their media types are chosen here.
    """

    format: Annotated[
        Literal["Message", "ProblemDetails"],
        Meta(
            description="The form of the bodies that are not given here. Message: a JSON object with a message, as "
            'everywhere: {"message":"JWT token invalid"}. ProblemDetails: a problem document (RFC 9457, '
            "application/problem+json) with type, title, status, and that message as detail. Default: Message."
        ),
    ] = "Message"
    bodies: Annotated[
        tuple[ResponseBody, ...],
        Meta(
            max_length=8,
            description="Bodies of one's own, one for each status at the most. Default: none.",
            extra_json_schema={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["status"]},
        ),
    ] = ()
