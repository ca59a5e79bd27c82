"""The contract between what compiles and what serves.

A snapshot consists of hosts, matches, filters, policies, consumers, credentials
and weighted backends, never of the kinds a user wrote: every front end is
translated into it.  Every entry names the object it came from (`id` begins with
`Kind/namespace/name`).  Entries are independent of each other's order, so that
one changed object changes one entry; `precedence` has the order of routes.

Rules of this file:
1. A value here is frozen and holds only JSON types, so that its bytes are
   canonical.
2. A field that a reader does not know must make it refuse, never ignore:
   readers decode strictly, and `FORMAT` moves with every change of meaning.
3. What is uncertain is a `refusal`, never an absent check.
"""

from __future__ import annotations

from typing import Literal

from .snapshot_attempts import Retry, Timeouts
from .snapshot_backend_refs import BackendRef, MirrorRef
from .snapshot_callers import Clients, Cors
from .snapshot_certificates import Certificate
from .snapshot_claims import ClaimMatch, ForwardClaim
from .snapshot_entry import Entry
from .snapshot_filters import Filter
from .snapshot_issuers import TokenIssuer
from .snapshot_listeners import Listener
from .snapshot_protected_resource import ProtectedResource
from .snapshot_rate_limits import RateLimit
from .snapshot_responses import Responses
from .snapshot_upstream_tls import UpstreamTLS

FORMAT = 1

PathType = Literal["Exact", "Prefix", "Regex"]
ValueType = Literal["Exact", "Regex"]
Mode = Literal["Required", "Optional", "Permissive"]
PlaceKind = Literal["header", "query", "cookie", "protocol"]
BEARER = "Bearer"


class PathMatch(Entry, frozen=True):
    """A normalised path (see `paths`), the whole of it, the service's prefix included.

    `Regex` is matched against all of what follows `below` (at least `/`).
    """

    type: PathType
    value: str
    below: str = "/"


class ValueMatch(Entry, frozen=True):
    """A header (name in lower case) or a query parameter that must hold a value."""

    name: str
    type: ValueType
    value: str


class Route(Entry, frozen=True):
    """Where requests go, and under which policy.

    `hosts` are lower-case exact names, `*.suffix` or `*` (every host).
    `paths` are alternatives; so are `methods`, of which none means all.
    `policy` is the id of a Policy, None for a public route.
    `backend` is the id of a Backend; with `backends` each of them has its share of the requests, and that one counts
    for nothing.
    `refusal` is a reason for people; a route that has one answers 503 and nothing else.
    `strip_prefix` is taken off the front of the path before it is forwarded.
    With `restore_prefix` it is put back into Location and cookie paths of responses.
    `clean_headers` are lower-case names that only the gateway may set here.
    `created` is the RFC 3339 time of the source object, "" where unknown.
    `unread_matches` is, with a refusal, how many headers and query parameters could not be read or are not tried:
    every request meets them, and they count in the order of routes.
    `refuse_path_parameters` and `refuse_double_encoding`: such paths are 400, though the route takes them.
    With `keep_empty_segments` a path that is matched as if `//` were `/` goes on with it.
    `cors` None leaves CORS to the application, `clients` None takes requests from every address, `max_body_bytes`
    None bodies of any size; `responses` is the id of Responses, None for the usual bodies.  A request takes one from
    a bucket of each of `rate_limits`.
    `retry` None sends nothing again because of a status, `timeouts` None leaves the times to the backend.
    Of each type of `filters` there is one at most; they are applied in whatever order they stand.
    Where one `is_one_label`, a wildcard among its hosts stands for exactly one label, else for one or more.
    One that `is_default` comes after all others of its hosts, whatever their paths.
    `listeners` are the ids of those that the route is served at, none of them meaning everywhere.
    One that `serves_metadata` answers with what is published of its policy's protected resource, and asks for no token.
    """

    id: str
    namespace: str
    name: str
    created: str
    hosts: tuple[str, ...]
    paths: tuple[PathMatch, ...]
    backend: str
    service: str
    methods: tuple[str, ...] = ()
    headers: tuple[ValueMatch, ...] = ()
    query_params: tuple[ValueMatch, ...] = ()
    policy: str | None = None
    strip_prefix: str = "/"
    restore_prefix: bool = False
    keep_encoded_slashes: bool = False
    clean_headers: tuple[str, ...] = ()
    refusal: str = ""
    unread_matches: int = 0
    refuse_path_parameters: bool = False
    refuse_double_encoding: bool = False
    keep_empty_segments: bool = False
    cors: Cors | None = None
    clients: Clients | None = None
    max_body_bytes: int | None = None
    responses: str | None = None
    rate_limits: tuple[RateLimit, ...] = ()
    serves_metadata: bool = False
    filters: tuple[Filter, ...] = ()
    is_one_label: bool = False
    is_default: bool = False
    listeners: tuple[str, ...] = ()
    backends: tuple[BackendRef, ...] = ()
    mirrors: tuple[MirrorRef, ...] = ()
    retry: Retry | None = None
    timeouts: Timeouts | None = None


class Endpoint(Entry, frozen=True):
    """One address (IP or DNS name) with its share of the requests.

    `alternatives` are further addresses of the same place, each of another family; one is used where the first one
    can't be connected to.
    """

    address: str
    port: int
    weight: int = 1
    alternatives: tuple[str, ...] = ()


class Backend(Entry, frozen=True):
    """An application behind the gateway.

    `host_header` None sends the client's own Host on.  `path_prefix` is the path of
    the upstream's URL, put before every forwarded path ("" for none), without the slash
    with which it `ends_with_slash`.
    The endpoints are entries of their own (`Endpoints`, same id), because they
    change most.  `keep_alive_ms` None leaves to the data plane how long it keeps idle
    connections.  `refusal` as in Route.
    """

    id: str
    host_header: str | None = None
    path_prefix: str = ""
    ends_with_slash: bool = False
    tls: UpstreamTLS | None = None
    connect_timeout_ms: int = 5_000
    request_timeout_ms: int = 60_000
    idle_timeout_ms: int = 60_000
    keep_alive_ms: int | None = None
    retry_attempts: int = 1
    refusal: str = ""


class Endpoints(Entry, frozen=True):
    """The addresses of the Backend with the same id; none means 503."""

    id: str
    endpoints: tuple[Endpoint, ...]


class TokenSource(Entry, frozen=True):
    """Where a token may be: a header (lower case) with its scheme, a query parameter or a cookie.

    A `protocol` is one that a WebSocket's handshake offers, and `name` what stands before the token in it.
    """

    kind: PlaceKind
    name: str
    scheme: str = BEARER


class Policy(Entry, frozen=True):
    """What a token must be like, and who may pass.

    `namespaces` are those whose credentials count, `namespace` always first;
    None is every namespace.  `consumers` and `groups` are names as seen from
    `namespace`: plain for its own, `namespace/name` for another's; an empty
    `allow_*` allows all.  `require_type` are as `claim_values.media_type` has them.
    `describe_errors`: a challenge says of a good token whether it has expired or may not pass here.
    `token_issuers` are ids; with any, tokens of others are refused, or with `or_credentials` left to credentials.
    """

    id: str
    namespace: str
    places: tuple[TokenSource, ...]
    mode: Mode = "Required"
    strip_credentials: bool = False
    key_claim: str = "key"
    required_claims: tuple[str, ...] = ()
    leeway_ms: int = 0
    max_lifetime_ms: int | None = None
    issuers: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    realm: str = "postern"
    anonymous_consumer: str | None = None
    allow_consumers: tuple[str, ...] = ()
    allow_groups: tuple[str, ...] = ()
    allow_claims: tuple[ClaimMatch, ...] = ()
    namespaces: tuple[str, ...] | None = ()
    forward_claims: tuple[ForwardClaim, ...] = ()
    require_type: tuple[str, ...] = ()
    describe_errors: bool = False
    token_issuers: tuple[str, ...] = ()
    or_credentials: bool = False
    protected_resource: ProtectedResource | None = None


class Consumer(Entry, frozen=True):
    """Who calls."""

    id: str
    namespace: str
    name: str
    groups: tuple[str, ...] = ()
    custom_id: str = ""


class Key(Entry, frozen=True):
    """One live key of a credential.

    `material` is, for HS*, the base64 of the secret's bytes; else a PEM SubjectPublicKeyInfo.
    `not_after` is in seconds since the epoch.
    """

    material: str
    id: str | None = None
    not_after: float | None = None


class Credential(Entry, frozen=True):
    """What a token's key claim names: a consumer, an algorithm and its keys. Secret.

    With an `issuer`, the id of a TokenIssuer, it has neither algorithm nor keys: it is what a claim of a token of that
    issuer names.

    `revoked_digests` are further revoked ids, as `revocation.packed` has them.
    Of credentials with one key in several namespaces, those with the lower `since` are tried first, then the older.
    """

    id: str
    namespace: str
    name: str
    created: str
    consumer: str
    key: str
    algorithm: str
    keys: tuple[Key, ...]
    revoked_jtis: tuple[str, ...] = ()
    revoked_digests: str = ""
    issued_before: float | None = None
    since: int = 0
    issuer: str = ""


class Snapshot(Entry, frozen=True):
    """All that a data plane of one gateway needs; every tuple is sorted by id."""

    gateway: str
    routes: tuple[Route, ...] = ()
    backends: tuple[Backend, ...] = ()
    endpoints: tuple[Endpoints, ...] = ()
    policies: tuple[Policy, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    credentials: tuple[Credential, ...] = ()
    responses: tuple[Responses, ...] = ()
    issuers: tuple[TokenIssuer, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    listeners: tuple[Listener, ...] = ()
