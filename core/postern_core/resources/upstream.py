"""`upstream` of a Service: where the application is, and how it is spoken to."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from .rules import (
    ABSOLUTE_URL,
    URL_WITH_DOT_SEGMENT,
    URL_WITH_EMPTY_SEGMENT,
    URL_WITH_NORMAL_PATH,
    Rule,
    has_exactly_one_of,
)
from .types import Address, Duration, Name, Port, PortName, Spec
from .upstream_tls import ServiceTLS


class ServiceEndpoint(Spec, frozen=True):
    """One address of the upstream with its share of the requests."""

    address: Annotated[
        Address,
        Meta(description="An IP address, or a DNS name without scheme, port or brackets. Example: 10.0.0.7."),
    ]
    port: Annotated[Port, Meta(description="The TCP port, 1 to 65535.")]
    weight: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="The share of the requests, in proportion to the sum of all weights: of two endpoints with 9 "
            "and 1 the first gets nine requests of ten. 0 sends nothing here. Default: 1.",
        ),
    ] = 1


class KubernetesServiceRef(Spec, frozen=True):
    """Kubernetes' own Service, in this namespace; requests go to its ready endpoints, not to its cluster IP.

    While none is ready, they go to those that are terminating and still serve.
    """

    name: Annotated[Name, Meta(description="The name of the Service of Kubernetes (v1, not of postern.dev).")]
    port: Annotated[
        Port | PortName,
        Meta(
            description="The Service's port: its number or its name, as in its spec.ports[].port or spec.ports[].name. "
            "Example: http."
        ),
    ]


class Timeouts(Spec, frozen=True):
    """How long the gateway waits for the upstream; durations are written 500ms, 5s or 1h30m."""

    RULES = tuple(
        Rule(
            "timeout_is_zero",
            f"!has(self.{name}) || self.{name}.matches('[1-9]')",
            "must be longer than 0s",
            f".{name}",
        )
        for name in ("connect", "request", "idle")
    )

    connect: Annotated[
        Duration,
        Meta(description="For a connection, TLS included; beyond it the answer is 504. Example: 500ms. Default: 5s."),
    ] = "5s"
    request: Annotated[
        Duration,
        Meta(
            description="From the request sent to the head of the response; beyond it the answer is 504. Default: 60s."
        ),
    ] = "60s"
    idle: Annotated[
        Duration,
        Meta(
            description="The longest silence while a body or a tunnel (a WebSocket) flows; beyond it the connection "
            "is closed, so that a body cut short can be seen to be one. Default: 60s."
        ),
    ] = "60s"
    keep_alive: (
        Annotated[
            Duration,
            Meta(
                description="For how long a connection without a request is kept for the next one. It SHOULD be less "
                "than the application's own keep-alive time, or a request may meet a connection that has just been "
                "closed; where a response says Keep-Alive: timeout=5, a second less than that is taken, if it is "
                "shorter. 0s: no connection is used twice. Default: 55s, less than servers commonly allow."
            ),
        ]
        | None
    ) = None


class Retries(Spec, frozen=True):
    """When a failed attempt is made again.

    Only where the connection failed before a byte was sent, or for an idempotent method without a body.
    A request that met an idle connection which the application had closed already is sent again in any case, with any
    method: no byte of it was read.
    """

    attempts: Annotated[
        int,
        Meta(
            ge=0,
            le=5,
            description="How many more attempts are made after the first, at another endpoint where there is one: when "
            "it fails, or when no connection has come of it after 250ms. 0: none. Default: 1.",
        ),
    ] = 1


class ServiceUpstream(Spec, frozen=True):
    """The application itself: exactly one of url, service and endpoints MUST be given."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "upstream_is_not_exactly_one",
            has_exactly_one_of("url", "service", "endpoints"),
            "must have exactly one of url, service and endpoints",
        ),
        Rule(
            "url_is_not_an_upstream",
            f"!has(self.url) || self.url.matches(r'{ABSOLUTE_URL}')",
            "must be absolute, http:// or https:// and a host, without a user or password",
            ".url",
        ),
        Rule(
            "url_is_not_an_upstream",
            "!has(self.url) || (!self.url.contains('?') && !self.url.contains('#'))",
            "must not contain a query or fragment",
            ".url",
        ),
        Rule(
            "url_is_not_an_upstream",
            "!has(self.url) || !self.url.contains('//') || "
            f"(self.url.matches(r'{URL_WITH_NORMAL_PATH}') && !self.url.matches(r'{URL_WITH_EMPTY_SEGMENT}') && "
            f"!self.url.matches(r'{URL_WITH_DOT_SEGMENT}'))",
            "its path must be in normal form: no //, no dot segments, no needless escapes",
            ".url",
        ),
        Rule(
            "every_weight_is_zero",
            "!has(self.endpoints) || self.endpoints.exists(one, !has(one.weight) || one.weight > 0)",
            "one of them needs a weight above 0",
            ".endpoints",
        ),
        Rule(
            "tls_contradicts_itself",
            "!has(self.tls) || !has(self.url) || !self.url.startsWith('http:')",
            "has no effect with an http URL; use https, or remove it",
            ".tls",
        ),
        Rule(
            "upstream_has_no_name",
            "!has(self.endpoints) || self.endpoints.size() == 1 || (has(self.tls) && has(self.tls.serverName)) || "
            "!has(self.hostHeader) || self.hostHeader != 'Upstream'",
            "with several endpoints Upstream needs tls.serverName; add it, or use Client",
            ".hostHeader",
        ),
        Rule(
            "upstream_has_no_name",
            "!has(self.endpoints) || self.endpoints.size() == 1 || !has(self.tls) || has(self.tls.serverName)",
            "serverName is required with several endpoints",
            ".tls",
        ),
    )

    url: (
        Annotated[
            str,
            Meta(
                max_length=2048,
                description="The application as an absolute URL, http or https, without user, query or fragment. "
                "Its path, where it has one, comes before the path of each request. With https the certificate is "
                "verified against the system's CAs, unless tls says otherwise, and the name asked for is the URL's "
                "host. Example: https://httpbin.org.",
            ),
        ]
        | None
    ) = None
    service: (
        Annotated[
            KubernetesServiceRef,
            Meta(description="A Service of Kubernetes in this namespace: its ready endpoints get the requests."),
        ]
        | None
    ) = None
    endpoints: (
        Annotated[
            tuple[ServiceEndpoint, ...],
            Meta(
                min_length=1,
                max_length=256,
                description="Addresses, each with a share of the requests. One weight at least MUST be above 0.",
            ),
        ]
        | None
    ) = None
    host_header: (
        Annotated[
            Literal["Upstream", "Client"],
            Meta(
                description="Which Host the application reads. Upstream: the host of url, or tls.serverName, or the "
                "address. Client: the one that the client sent. "
                "Default: Upstream for url, Client for service and endpoints."
            ),
        ]
        | None
    ) = None
    tls: (
        Annotated[
            ServiceTLS,
            Meta(
                description="How the upstream's certificate is verified. With service and endpoints its presence makes "
                "the gateway speak TLS; with an http url it MUST NOT be given. "
                "Default: none; an https url is verified against the system's CAs."
            ),
        ]
        | None
    ) = None
    timeouts: Annotated[
        Timeouts,
        Meta(
            description="How long the gateway waits for the upstream. "
            "Default: connect 5s, keepAlive 55s, the others 60s."
        ),
    ] = Timeouts()
    retries: Annotated[Retries, Meta(description="When a failed attempt is made again. Default: once more.")] = (
        Retries()
    )
