"""`Route`: which requests of a Service pass, and under which policy."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from postern_core.pattern_limits import ROUTE_PATTERNS_MAX

from .attempts import ExchangeTimeouts, Retry
from .auth import NULLABLE, Auth
from .clients import Clients
from .cors import Cors
from .filter_blocks import RouteFilters
from .path_replacement import prefix_rule
from .rate_limit import LIMITS_MAX, RateLimit
from .responses import Responses
from .rules import Rule, is_normal_path
from .types import SET, Bytes, HeaderName, Method, ObjectName, Resource, Spec, Text
from .upstreams import MIRRORS_MAX, Mirror

# Of headers, and of query parameters.
MATCHES_MAX = 16
MatchValue = Annotated[str, Meta(max_length=1024)]


class RoutePath(Spec, frozen=True):
    """A path below the service's prefix."""

    RULES = (
        Rule(
            "path_can_never_match",
            f"self.type == 'Regex' || ({is_normal_path('self.value')})",
            "must be a path in normal form: it starts with /, and has no //, no dot segments, no needless escapes",
            ".value",
        ),
    )

    type: Annotated[
        Literal["Exact", "Prefix", "Regex"],
        Meta(
            description="How the value is compared. Exact: the whole path; a trailing slash is another path. "
            "Prefix: whole segments, /books takes /books and /books/1, never /bookshop. "
            "Regex: a pattern of RE2 that must match the whole path. "
            "Of the Routes of a host Exact comes before Prefix, a longer Prefix before a shorter one, and Regex last."
        ),
    ]
    value: Annotated[
        MatchValue,
        Meta(
            description="The path, or the pattern. It stands below the Service's pathPrefix: with /v1, /books is "
            "/v1/books outside. A path MUST be in normal form (RFC 3986, section 6.2.2), as requests are brought to "
            'it before they are matched. Examples: /books, "/books/[0-9]+".'
        ),
    ]


class HeaderMatch(Spec, frozen=True):
    """A request header that must hold a value."""

    RULES = (
        Rule(
            "value_holds_control_characters",
            r"self.value.matches(r'^[^\x00-\x1f\x7f]*$')",
            "must not contain control characters; a header value can't",
            ".value",
        ),
        Rule(
            "value_has_outer_spaces",
            r"(has(self.type) && self.type == 'Regex') || !self.value.matches(r'^[ \t]|[ \t]$')",
            "must not begin or end with a space; no header value does",
            ".value",
        ),
    )

    name: Annotated[HeaderName, Meta(description="The name of the header, in any case. Example: X-Tenant.")]
    value: Annotated[
        MatchValue, Meta(description="What the header must hold, compared whole and with case; or the pattern.")
    ]
    type: Annotated[
        Literal["Exact", "Regex"],
        Meta(description="Exact: the value itself. Regex: a pattern of RE2 that must match it whole. Default: Exact."),
    ] = "Exact"


class QueryParamMatch(Spec, frozen=True):
    """A query parameter that must hold a value, both percent-decoded once."""

    name: Annotated[Text, Meta(description="The name of the parameter, with case. Example: version.")]
    value: Annotated[MatchValue, Meta(description="What the parameter must hold, compared whole; or the pattern.")]
    type: Annotated[
        Literal["Exact", "Regex"],
        Meta(description="Exact: the value itself. Regex: a pattern of RE2 that must match it whole. Default: Exact."),
    ] = "Exact"


class RouteSpec(RouteFilters, frozen=True):
    """Which requests are meant (methods, paths, headers and queryParams must all match), and who may make them."""

    RULES = (
        Rule(
            "method_is_refused_anyway",
            "!has(self.methods) || !self.methods.exists(method, method in ['CONNECT', 'TRACE'])",
            "CONNECT and TRACE are refused on every route; remove them",
            ".methods",
        ),
        Rule(
            "route_has_too_many_patterns",
            " + ".join(
                f"(has(self.{field}) ? self.{field}.filter(it, has(it.type) && it.type == 'Regex').size() : 0)"
                for field in ("paths", "headers", "queryParams")
            )
            + f" <= {ROUTE_PATTERNS_MAX}",
            f"has more than {ROUTE_PATTERNS_MAX} patterns; use Exact or Prefix, or split the Route",
        ),
        Rule(
            "protected_resource_is_of_a_route",
            "!has(self.auth) || !has(self.auth.jwt.protectedResource)",
            "is the Service's, whose path is the resource; move it there",
            ".auth.jwt.protectedResource",
        ),
        prefix_rule("rewrite"),
        prefix_rule("redirect"),
    )

    service_ref: Annotated[
        ObjectName,
        Meta(
            description="The Service of postern.dev that the requests go to, in the same namespace; its hosts and its "
            "pathPrefix are this Route's."
        ),
    ]
    methods: Annotated[
        tuple[Method, ...],
        Meta(
            max_length=16,
            description="The methods that are taken, in upper case. GET does not imply HEAD. A method that no Route "
            "takes is answered with 404. CONNECT and TRACE are refused everywhere, and MUST NOT be given. "
            "Example: [GET, HEAD]. Default: none, which means every method.",
            extra_json_schema=SET,
        ),
    ] = ()
    paths: Annotated[
        tuple[RoutePath, ...],
        Meta(
            max_length=64,
            description="The paths that are taken, below the Service's pathPrefix; one of them must match. "
            "Where several Routes take a request, the most specific path decides, then the greater number of headers "
            "and queryParams, then the older Route, then the one whose name comes first. "
            "Default: none, which means every path.",
        ),
    ] = ()
    headers: Annotated[
        tuple[HeaderMatch, ...],
        Meta(
            max_length=MATCHES_MAX,
            description="Headers that the request must have; all of them must match. Default: none.",
        ),
    ] = ()
    query_params: Annotated[
        tuple[QueryParamMatch, ...],
        Meta(
            max_length=MATCHES_MAX,
            description="Query parameters that the request must have; all of them must match. Default: none.",
        ),
    ] = ()
    auth: (
        Annotated[
            Auth,
            Meta(
                description="Who may make these requests. It replaces the Service's auth whole; nothing of that is "
                "inherited. `jwt: {mode: Disabled}` makes the Route public. Default: none, the Service's holds.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    cors: (
        Annotated[
            Cors,
            Meta(
                description="Which pages of other origins may make these requests. It replaces the Service's cors "
                "whole. Default: none, the Service's holds.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    clients: (
        Annotated[
            Clients,
            Meta(
                description="From which addresses these requests may come. It replaces the Service's clients whole. "
                "Default: none, the Service's holds.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    max_request_body: (
        Annotated[
            Bytes,
            Meta(
                description="How large the body of such a request may be, in bytes: a number, or one with k, M, G, T, "
                "Ki, Mi, Gi or Ti. It replaces the Service's. A larger one is answered 413. Example: "
                "10Mi. Default: none, the Service's holds."
            ),
        ]
        | UnsetType
    ) = UNSET
    rate_limit: (
        Annotated[
            tuple[RateLimit, ...],
            Meta(
                max_length=LIMITS_MAX,
                description="How often these requests may come; a request has to pass all limits. It replaces the "
                "Service's rateLimit whole, and counts for this Route alone; the empty list turns the Service's off. "
                "Default: none, the Service's holds.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    responses: (
        Annotated[
            Responses,
            Meta(
                description="What clients get where the gateway answers these requests itself. It replaces the "
                "Service's responses whole. Default: none, the Service's holds.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    retry: (
        Annotated[
            Retry,
            Meta(
                description="When these requests are sent once more because of the status of a response. It replaces "
                "the Service's retry whole; `codes: []` sends none again. Default: none, the Service's holds.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    mirrors: (
        Annotated[
            tuple[Mirror, ...],
            Meta(
                max_length=MIRRORS_MAX,
                description="Applications that get copies of these requests. It replaces the Service's mirrors whole; "
                "the empty list sends no copies. Example: [{service: {name: shop-next, port: 80}, fraction: "
                "{numerator: 1, denominator: 1000}}]. Default: none, the Service's holds.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET
    timeouts: (
        Annotated[
            ExchangeTimeouts,
            Meta(
                description="How long these requests may take as a whole. It replaces the Service's timeouts whole; "
                "the empty block sets none. Default: none, the Service's holds.",
                extra_json_schema=NULLABLE,
            ),
        ]
        | UnsetType
    ) = UNSET


class Route(Resource, frozen=True):
    """Which requests of a Service pass, and under which policy.

    What no Route takes is answered with 404: nothing is open by accident.
    A Route that can't be used as it is written refuses its requests; they never fall through to a wider one.
    """

    spec: RouteSpec
