"""The rows of a table: snapshot entries with everything prepared that needn't be done per request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from postern_core.paths import DOUBLE_ENCODING, PATH_PARAMETER
from postern_core.ref import Ref
from postern_core.snapshot import Consumer, Policy, Route, ValueMatch
from postern_core.snapshot_filters import BackendFilter
from postern_dataplane.jwt.claim_values import ClaimHeader, ClaimTest
from postern_dataplane.jwt.logged_claims import LoggedClaims
from postern_dataplane.request.field_layout import CANONICAL
from postern_dataplane.request.own_responses import OwnResponses
from postern_dataplane.request.path_mapping import PathMapping

from .attempts import compiled_attempts
from .clients import compiled_clients
from .cors import compiled_cors
from .filters import compiled_header_filters
from .identity_headers import Identity, anonymous_identity, consumer_names
from .issuers import NO_ISSUERS, CompiledIssuer, issuers_of
from .policy_denials import denials_of, hinting_denials
from .protected_resource import CompiledResource
from .rate_limits import compiled_rate_limits
from .re2_pattern import compile_pattern
from .redirect import compiled_redirect
from .removed_headers import removed_headers
from .split import CompiledSplit
from .upstream import Upstream
from .upstream_path import upstream_path


class CompiledPolicy:
    """A policy with its answers.

    `anonymous` is the identity of a request without a good token, None where such requests are refused.
    `issuers` are those that it names, by what `iss` must be, None where it names none; `unknown_keys` are the answers,
    by issuer, to tokens that name a key which may have been published meanwhile.
    `allow_claims` and `forward_claims` are the entry's, ready for the claims of a token; `logged` are those of the log.
    `resource` is what is published of the application, None where nothing is.
    `stripped_elements` are, by the field whose list they are in, the cookies and the beginnings of protocols.
    `stripped_whole` are those of the `stripped_headers` that have one spelling where names are compared, and
    `stripped_in_part`, as they are compared, the names of fields of which more than that is asked.
    """

    __slots__ = (
        "allow_claims", "anonymous", "denials", "entry", "forward_claims", "issuers", "logged", "missing", "resource",
        "stripped_elements", "stripped_headers", "stripped_in_part", "stripped_query", "stripped_whole",
        "unknown_keys",
    )  # fmt: skip

    def __init__(
        self,
        entry: Policy,
        consumers: Mapping[str, Consumer],
        issuers: Mapping[str, CompiledIssuer] = NO_ISSUERS,
        logged: LoggedClaims | None = None,
    ) -> None:
        self.entry = entry
        self.issuers = issuers_of(entry, issuers)
        self.logged = logged
        self.missing, self.denials = denials_of(entry)
        resource = entry.protected_resource
        self.resource = CompiledResource(resource, entry, self.issuers or ()) if resource else None
        self.anonymous = _anonymous(entry, consumers)
        self.unknown_keys = {} if self.anonymous else hinting_denials(self.missing, self.denials, entry, self.issuers)
        self.allow_claims = tuple(map(ClaimTest, entry.allow_claims))
        self.forward_claims = tuple(map(ClaimHeader, entry.forward_claims))
        places = entry.places if entry.strip_credentials else ()
        self.stripped_headers = frozenset(place.name.encode() for place in places if place.kind == "header")
        self.stripped_query = frozenset(place.name for place in places if place.kind == "query")
        elements = {
            field: frozenset(place.name.encode() for place in places if place.kind == kind)
            for kind, field in (("cookie", b"cookie"), ("protocol", b"sec-websocket-protocol"))
        }
        self.stripped_elements = {field: names for field, names in elements.items() if names}
        self.stripped_whole = frozenset(filter(bytes.isalnum, self.stripped_headers))
        in_part = self.stripped_headers - self.stripped_whole
        self.stripped_in_part = frozenset({*map(CANONICAL.__getitem__, in_part), *self.stripped_elements})


def anonymous_id(entry: Policy) -> str | None:
    """The id of the consumer as whom a request without a good token passes, None where the policy names none."""
    name = entry.anonymous_consumer
    return None if name is None else Ref("Consumer", entry.namespace, name).id


def _anonymous(entry: Policy, consumers: Mapping[str, Consumer]) -> Identity | None:
    """Who a request without a good token is, None where it may not pass."""
    if entry.mode == "Required":
        return None
    id_ = anonymous_id(entry)
    if id_ is None:
        restricted = entry.allow_consumers or entry.allow_groups or entry.allow_claims
        return None if restricted else anonymous_identity(None, entry)
    consumer = consumers.get(id_)
    if consumer is None or entry.allow_claims:
        return None
    seen, groups = consumer_names(consumer, entry.namespace)
    if entry.allow_consumers and seen not in entry.allow_consumers:
        return None
    if entry.allow_groups and not any(group in entry.allow_groups for group in groups):
        return None
    return anonymous_identity(consumer, entry)


class ValueMatcher:
    """A header or query parameter that must hold a value."""

    __slots__ = ("entry", "name", "pattern", "value")

    def __init__(self, entry: ValueMatch) -> None:
        self.entry = entry
        self.name = entry.name
        self.value = entry.value
        self.pattern: Any = compile_pattern(entry.value) if entry.type == "Regex" else None

    def matches(self, value: str | None) -> bool:
        """Whether a value (None: not there) is what is asked for."""
        if value is None:
            return False
        return value == self.value if self.pattern is None else self.pattern.fullmatch(value) is not None


class CompiledRoute:
    """A route, ready to take requests.

    `upstream` is None where nothing can be sent to; `authority` is the host that it is
    asked for, None where the client's own goes on; `stripped_prefix`, `path_prefix`, `root`, `whole_path` and
    `announced_prefix` are those of `upstream_path`; `has_criteria` says whether it asks for more than a path.
    `mapping` puts the prefix back into the paths of a response, None where they stay; `cors` None leaves CORS to the
    application; `clients` None takes requests from every address, `body_bytes_max` None bodies of any size;
    `responses` None leaves the bodies of the gateway's own answers as they are; `rate_limits` None counts nothing;
    `added` are fields of its own and of the row's backends, for the upstream; `response_edits` None leaves those of a
    response;
    `metadata` is the whole answer of a route that serves it, None of all others; `redirect` None sends no client
    elsewhere, and a route `answers_itself` where it has one of the two; `split` None sends all requests to `upstream`,
    `attempts` None once and without an end.
    """

    __slots__ = (
        "added", "announced_prefix", "answers_itself", "attempts", "authority", "body_bytes_max", "clients", "cors",
        "entry", "has_criteria", "headers", "id", "label", "mapping", "metadata", "methods", "path_prefix", "policy",
        "query_params", "rate_limits", "redirect", "refused_in_path", "removed", "removed_if_untrusted",
        "response_edits", "responses", "root", "split", "strip", "stripped_prefix", "upstream", "whole_path",
    )  # fmt: skip

    def __init__(
        self,
        entry: Route,
        policy: CompiledPolicy | None,
        upstream: Upstream | None,
        body_bytes_max: int | None = None,
        responses: OwnResponses | None = None,
        *,
        of_backend: tuple[BackendFilter, ...] = (),
    ) -> None:
        self.entry = entry
        self.id = entry.id
        self.label = f"{entry.namespace}/{entry.name}"
        self.policy = policy
        self.metadata = policy.resource if policy is not None and entry.serves_metadata else None
        self.upstream = upstream
        self.split: CompiledSplit[CompiledRoute] | None = None
        self.attempts = compiled_attempts(entry.retry, entry.timeouts)
        self.responses = responses
        self.methods = _methods(entry.methods)
        self.headers = tuple(ValueMatcher(match) for match in entry.headers)
        self.query_params = tuple(ValueMatcher(match) for match in entry.query_params)
        self.has_criteria = bool(self.methods or self.headers or self.query_params)
        self.refused_in_path = _refused_in_path(entry)
        paths = upstream_path(entry, upstream.backend if upstream else None)
        self.stripped_prefix, self.path_prefix, self.root, self.whole_path, self.announced_prefix, authority = paths
        self.strip = len(self.stripped_prefix)
        self.authority = authority.encode() if authority else None
        maps = entry.restore_prefix and paths.whole is None and (self.strip or self.path_prefix)
        self.mapping = PathMapping(self.stripped_prefix, self.path_prefix, authority) if maps else None
        self.redirect = compiled_redirect(entry) if entry.filters else None
        self.answers_itself = self.metadata is not None or self.redirect is not None
        self.cors = compiled_cors(entry.cors) if entry.cors is not None else None
        self.clients = compiled_clients(entry.clients) if entry.clients is not None else None
        self.rate_limits = compiled_rate_limits(entry.rate_limits, entry.id, entry.policy)
        self.body_bytes_max = min((it for it in (entry.max_body_bytes, body_bytes_max) if it is not None), default=None)
        filters = compiled_header_filters(entry.filters, entry.clean_headers, of_backend)
        removed, self.added, self.response_edits = filters
        self.removed, self.removed_if_untrusted = _removed(removed, policy, strips=bool(self.announced_prefix))


def _removed(
    of_route: frozenset[bytes], policy: CompiledPolicy | None, *, strips: bool
) -> tuple[frozenset[bytes], frozenset[bytes]]:
    return removed_headers(of_route if policy is None else of_route | policy.stripped_whole, strips=strips)


def _refused_in_path(entry: Route) -> tuple[re.Pattern[str], ...]:
    parameters = (PATH_PARAMETER,) if entry.refuse_path_parameters else ()
    return (*parameters, DOUBLE_ENCODING) if entry.refuse_double_encoding else parameters


@lru_cache(maxsize=1024)
def _methods(methods: tuple[str, ...]) -> frozenset[str]:
    """Routes that take the same methods share the set of them."""
    return frozenset(methods)
