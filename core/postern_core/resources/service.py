"""`Service`: an application behind the gateway."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from .attempts import ExchangeTimeouts, Retry
from .auth import NULLABLE, Auth
from .clients import Clients
from .cors import Cors
from .filter_blocks import ServiceFilters
from .host_tls import ServiceTLSField
from .rate_limit import LIMITS_MAX, RateLimit
from .responses import Responses
from .service_rules import SERVICE_RULES
from .types import SET, Bytes, Host, Label, Resource
from .upstream import ServiceUpstream
from .upstreams import MIRRORS_MAX, UPSTREAMS_MAX, Mirror, WeightedUpstream


class ServiceSpec(ServiceFilters, frozen=True):
    """What the outside world calls the application, where it really is, and who may pass."""

    RULES = SERVICE_RULES

    upstream: (
        Annotated[
            ServiceUpstream,
            Meta(
                description="The application itself: exactly one of url, service and endpoints, and how it is spoken "
                "to. Exactly one of upstream and upstreams MUST be given."
            ),
        ]
        | None
    ) = None
    upstreams: (
        Annotated[
            tuple[WeightedUpstream, ...],
            Meta(
                min_length=1,
                max_length=UPSTREAMS_MAX,
                description="Several applications in place of one, such as a stable and a canary version: each is "
                "written as upstream is, with a weight. The share of one that can't be resolved, or that has no ready "
                "endpoint, is answered 503; it does not fall to the others. One weight at least MUST be above 0. "
                "Example: [{service: {name: shop, port: 80}, weight: 90}, "
                "{service: {name: shop-canary, port: 80}, weight: 10}]. Default: none.",
            ),
        ]
        | None
    ) = None
    mirrors: Annotated[
        tuple[Mirror, ...],
        Meta(
            max_length=MIRRORS_MAX,
            description="Applications that get copies of the requests, such as a new version that is to be tried under "
            "load, of the Routes of this Service that have no mirrors of their own; a Route's mirrors replaces it "
            "whole. Each is written as upstream is, with a percent or a fraction. What they answer is dropped, and no "
            "client waits for it. A copy is what goes to the application, with the same header fields but for those "
            "that one of several upstreams changes, and with X-Postern-Copy: true. A request with a body of more than "
            "64 KiB has none, nor has a WebSocket, nor what is a copy itself. "
            "Example: [{service: {name: shop-next, port: 80}, percent: 10}]. Default: none.",
        ),
    ] = ()
    gateways: Annotated[
        tuple[Label, ...],
        Meta(
            min_length=1,
            max_length=16,
            description="The gateways that serve this Service and its Routes, by name. A gateway is a fleet of "
            "data-plane pods; a Service that names none of its own is served by the one that is named default. "
            "Example: [internal, public]. Default: [default].",
            extra_json_schema=SET,
        ),
    ] = ("default",)
    hosts: Annotated[
        tuple[Host, ...],
        Meta(
            max_length=64,
            description="The hosts whose requests are meant for this application, without port: an exact name, "
            "or *.example.com for one label or more before example.com. "
            "The most specific host of a request decides alone: an exact name, then the longest wildcard, then every "
            "host; where none of that host's routes takes the request, the answer is 404. "
            "A host, and what is below a wildcard, belongs to the namespace that was granted it first, for as long as "
            "one of its Services names it; another namespace's Service does not get it (HostConflict). "
            "Of Services that name a new host at the same time the older one gets it. "
            'Example: [shop.example.com, "*.shop.example.com"]. Default: none, which means every host.',
            extra_json_schema=SET,
        ),
    ] = ()
    tls: ServiceTLSField | UnsetType = UNSET
    path_prefix: Annotated[
        str,
        Meta(
            max_length=1024,
            description="The path below which all Routes of this Service are. It counts in whole segments: /v1 takes "
            "/v1 and /v1/x, never /v1x. It MUST be in normal form (RFC 3986, section 6.2.2), as requests are brought "
            "to it before they are matched. Example: /v1. Default: /.",
        ),
    ] = "/"
    strip_path_prefix: Annotated[
        bool,
        Meta(
            description="Take pathPrefix off before a request goes upstream: with /v1, /v1/x reaches the application "
            "as /x. It is the common case of `rewrite: {path: {type: ReplacePrefixMatch, value: /}}`; a rewrite with a "
            "path says it in its place. Default: true."
        ),
    ] = True
    restore_path_prefix: Annotated[
        bool,
        Meta(
            description="Put pathPrefix back into the responses of an application that knows nothing of it: with /v1, "
            "a Location or Content-Location of /login reaches the client as /v1/login, and a cookie with Path=/a as "
            "Path=/v1/a. URLs of the application's own host, or of the one that the client asked for, become such "
            "paths; those of other hosts stay. Not for an application that puts X-Forwarded-Prefix in front itself. "
            "nginx has proxy_redirect and proxy_cookie_path for it. Default: false."
        ),
    ] = False
    encoded_slashes: Annotated[
        Literal["Reject", "Keep"],
        Meta(
            description="What is done with %2F, %5C and \\ in the path of a request. Reject: the answer is 400, "
            "because an application may take them for a slash where the gateway did not. Keep: they stay encoded, and "
            "are ordinary characters when the path is matched; for applications that need them only. Default: Reject."
        ),
    ] = "Reject"
    path_parameters: Annotated[
        Literal["Keep", "Reject"],
        Meta(
            description="What is done with ; and %3B in the path of a request. Keep: they are ordinary characters, so "
            "that a Route of /admin does not take /admin;x, and a public one of / does. Reject: the answer is 400; for "
            "applications that cut such parameters off, as servlet containers do, and would see /admin. Default: Keep."
        ),
    ] = "Keep"
    double_encoding: Annotated[
        Literal["Keep", "Reject"],
        Meta(
            description="What is done with an escape within an escape, such as %252e, in the path of a request. Keep: "
            "it is undone once at the most, and goes upstream as it came. Reject: the answer is 400; for applications "
            "that decode a path twice. Default: Keep."
        ),
    ] = "Keep"
    merge_slashes: Annotated[
        bool,
        Meta(
            description="Send //, an empty segment of a path, on as one slash. With false it goes upstream as it came, "
            "for applications that tell /a//b from /a/b, such as stores of objects; Routes match it merged all the "
            "same, so that //admin is protected as /admin is. A path with both // and a dot segment is 400 then, "
            "because it has two readings. Default: true."
        ),
    ] = True
    auth: (
        Annotated[
            Auth,
            Meta(
                description="Protects every Route of this Service that has no auth of its own; a Route's auth replaces "
                "it whole. Default: none, and then Routes without auth of their own are public.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    cors: (
        Annotated[
            Cors,
            Meta(
                description="Which pages of other origins may call the Routes of this Service that have no cors of "
                "their own; a Route's cors replaces it whole. Default: none, and then CORS is left to the application.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    clients: (
        Annotated[
            Clients,
            Meta(
                description="From which addresses requests may come, to the Routes of this Service that have no "
                "clients of their own; a Route's clients replaces it whole. Default: none, and every address may call.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    max_request_body: (
        Annotated[
            Bytes,
            Meta(
                description="How large the body of a request may be, to the Routes of this Service that say nothing "
                "of their own, in bytes: a number, or one with k, M, G, T, Ki, Mi, Gi or Ti. A larger one "
                "is answered 413: before the application is connected to where its Content-Length says "
                "so, and else as soon as it is too large, and nothing more of it goes upstream. Zero "
                "takes no bodies. What follows an upgrade to WebSocket is no body. Example: 10Mi. "
                "Default: none, and then as large as the gateway allows (--max-request-body)."
            ),
        ]
        | UnsetType
    ) = UNSET
    rate_limit: (
        Annotated[
            tuple[RateLimit, ...],
            Meta(
                max_length=LIMITS_MAX,
                description="How often requests may come, to the Routes of this Service that have no rateLimit of "
                "their own; a Route's rateLimit replaces it whole. These Routes count together, but by Route. A "
                "request has to pass all limits, and one that does not is answered 429. The numbers are those of the "
                "whole gateway, of which each of its pods counts a share. Default: none, and then as often as they "
                "like.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    responses: (
        Annotated[
            Responses,
            Meta(
                description="What clients get where the gateway answers itself for the Routes of this Service that "
                "have no responses of their own, and for requests below its hosts and prefix that no Route takes; a "
                "Route's responses replaces it whole. Default: none, a JSON object with a message.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    retry: (
        Annotated[
            Retry,
            Meta(
                description="When requests are sent once more because of the status of a response, to the Routes of "
                "this Service that have no retry of their own; a Route's retry replaces it whole. Default: none, "
                "and then only upstream.retries counts.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    timeouts: (
        Annotated[
            ExchangeTimeouts,
            Meta(
                description="How long requests may take as a whole, to the Routes of this Service that have no "
                "timeouts of their own; a Route's timeouts replaces it whole. It stands beside the time-outs of the "
                "upstream, and the shorter one ends a request. Default: none.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET


class Service(Resource, frozen=True):
    """An application behind the gateway: which hosts and paths it has outside, and where it really is.

    What of it may be asked is said by its Routes; without one, every request is answered with 404.
    Kubernetes has a kind of this name, too: write services.postern.dev, or psvc, in commands.
    """

    spec: ServiceSpec
