"""What is asked of a gateway: each workload by its name, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from bench.material import HOST, MANY

ROUTES = 10
CONNECTIONS = 64
# Pages below HOST.
CORS = {"cors": {"allowOrigins": [f"https://*.{HOST}"], "allowHeaders": ["Authorization"]}}
ISSUER = f"https://login.{HOST}"
# As many networks as lists may have. Clients are on this machine, which is among those allowed.
LISTS = {
    "clients": {
        "allow": ["127.0.0.0/8", *(f"10.{number}.0.0/17" for number in range(255))],
        "deny": [f"192.168.{number}.128/25" for number in range(256)],
    },
    "maxRequestBody": "1Mi",
}
# As many requests as limits may let pass, so that each is counted and none refused.
RATE_LIMITS = {"rateLimit": [{"by": by, "requests": 1_000_000, "per": "1s"} for by in ("Client", "Consumer")]}

# What most gateways are asked for: a header for the application, and of its answer one more and one less.
FILTERS = {
    "requestHeaders": {"set": [{"name": "X-Gateway", "value": "postern"}], "remove": ["X-Debug"]},
    "responseHeaders": {
        "set": [{"name": "Strict-Transport-Security", "value": "max-age=31536000"}],
        "remove": ["Server", "X-Powered-By"],
    },
}


class Tokens(Enum):
    """Which tokens requests carry."""

    ONE = "one"
    NEW = "new"
    ROTATING = "rotating"
    MISSING = "missing"
    GARBAGE = "garbage"
    EXPIRED = "expired"
    # A thousand in turn, one in 50 new, one in 20 none or a bad one: see `mixed`.
    MIXED = "mixed"

    @property
    def are_good(self) -> bool:
        return self in {Tokens.ONE, Tokens.NEW, Tokens.ROTATING, Tokens.MIXED}


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of load; what isn't said is as in the small GET with one token."""

    name: str
    about: str
    tokens: Tokens = Tokens.ONE
    algorithm: str = "HS256"
    routes: int = ROUTES
    # More than one is asked of Postern alone: what the others have is a key.
    credentials: int = 1
    # Whether requests go to all routes in turn (to a thousand of them at most) instead of to the first.
    spread: bool = False
    # So many queries in turn, so that no head comes twice within what a gateway may remember.
    queries: int = 0
    method: str = "GET"
    # Where the application has something else than the small JSON document.
    path: str = ""
    upload_bytes: int = 0
    connections: int = CONNECTIONS
    closes: bool = False
    tls: bool = False
    websocket: bool = False
    # The identity provider whose tokens they are; none: they are those of the credential.
    issuer: str = ""
    # The page that asks, by the `Origin` of its requests.
    origin: str = ""
    # What the Service says beside its upstream and its policy, which other gateways are not set up for.
    service: Mapping[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """What a gateway that looks at tokens answers, but for the bad ones of `mixed`."""
        return 200 if self.tokens.are_good else 401

    @property
    def has_ids(self) -> bool:
        """Whether routes take all paths below theirs, which end with the id of what is asked for."""
        return self.tokens is Tokens.MIXED

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths that are asked for, in turn."""
        if self.path:
            return (f"/v1{self.path}",)
        if self.has_ids:
            return ("/v1/r0/0",)
        if self.queries:
            return tuple(f"/v1/r0?number={number}" for number in range(self.queries))
        asked = min(self.routes, 1000) if self.spread else 1
        return tuple(f"/v1/r{number * self.routes // asked}" for number in range(asked))


MIXED = Tokens.MIXED


def _workloads() -> tuple[Workload, ...]:
    return (
        Workload("mixed", "heads of browsers, mobile clients and services, nearly all new", MIXED),
        Workload("mixed-few", "as mixed, with 1,000 credentials", MIXED, credentials=1_000),
        Workload("mixed-many", "as mixed, 100,000 routes and 50,000 keys", MIXED, routes=100_000, credentials=50_000),
        Workload("repeated", "small GET, one token again and again"),
        *(
            Workload(f"new-{algorithm}", f"small GET, each with another {algorithm} token", Tokens.NEW, algorithm)
            for algorithm in ("HS256", "RS256", "ES256", "EdDSA")
        ),
        Workload("issuer-RS256", "as new-RS256, tokens of an identity provider", Tokens.NEW, "RS256", issuer=ISSUER),
        Workload("repeated-RS256", "as repeated, one RS256 token", algorithm="RS256"),
        Workload("issuer-repeated", "as repeated-RS256, one RS256 token of an identity provider", algorithm="RS256",
                 issuer=ISSUER),
        Workload("cors", "the same from a page of another origin, below a wildcard", origin=f"https://a.{HOST}",
                 service=CORS),
        Workload("unlike", "small GET, one token, each with another query", queries=MANY),
        Workload("lists", "as unlike, with lists of 256 addresses", queries=MANY, service=LISTS),
        Workload("filters", "as unlike, with headers changed on both ways", queries=MANY, service=FILTERS),
        Workload("rate-limit", "as unlike, counted by client and consumer", queries=MANY, service=RATE_LIMITS),
        Workload("rotation-1000", "small GET, 1,000 tokens in turn", Tokens.ROTATING),
        Workload("refused-missing", "no token: refused", Tokens.MISSING),
        Workload("refused-garbage", "each with another token that was never signed: refused", Tokens.GARBAGE),
        Workload("refused-expired", "one token that has expired: refused", Tokens.EXPIRED),
        *(
            Workload(f"routes-{count}", f"small GET, to {count:,} routes in turn", routes=count, spread=True)
            for count in (10, 1_000, 10_000, 100_000)
        ),
        Workload("body-64k", "an answer of 64 KiB", path="/body-64k", connections=16),
        Workload("body-10m", "an answer of 10 MiB", path="/body-10m", connections=8),
        Workload("upload-1m", "1 MiB sent", method="POST", path="/upload", upload_bytes=2**20, connections=16),
        *(
            Workload(f"connections-{count}", f"small GET, {count:,} at a time", connections=count)
            for count in (1, 64, 1_000)
        ),
        Workload("new-connection", "small GET, each over a new connection", closes=True),
        Workload("tls", "small GET, TLS in front", tls=True),
        Workload("websocket", "16 bytes there and back through a WebSocket", path="/echo", websocket=True,
                 connections=16),
    )  # fmt: skip


WORKLOADS = {workload.name: workload for workload in _workloads()}
# Those of a run where none is named: one for each goal that docs/performance.md tells of.
DEFAULT = (
    "mixed", "unlike", "new-connection", "repeated", "new-HS256", "refused-garbage", "routes-10", "routes-100000",
    "body-10m",
)  # fmt: skip
