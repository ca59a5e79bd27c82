"""What of a Route, or of a Service's prefix, can never match, or matches something else than it looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from postern_core.header_names import IDENTITY, canonical
from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.validators import Validators

from .clients import CLIENTS_LINTS
from .header_changes import header_holds_a_credential
from .policy import policy_lints
from .redirect import redirect_leads_nowhere
from .responses import body_is_no_json, route_answers_for_no_route

# A segment as other routers write one that may be anything: `*`, `*.pdf`, `{id}`, `:id`.
_PLACEHOLDER = re.compile(r"/([^/]*\*[^/]*|[^/]*\{[^/]*\}[^/]*|:[^/]+)(?=/|\Z)")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
# Those that the gateway's parser knows: it answers any other with 400. A test compares the two.
METHODS = frozenset({
    "ACL", "BIND", "CHECKOUT", "COPY", "DELETE", "GET", "HEAD", "LINK", "LOCK", "M-SEARCH", "MERGE", "MKACTIVITY",
    "MKCALENDAR", "MKCOL", "MOVE", "NOTIFY", "OPTIONS", "PATCH", "POST", "PROPFIND", "PROPPATCH", "PURGE", "PUT",
    "QUERY", "REBIND", "REPORT", "SEARCH", "SOURCE", "SUBSCRIBE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE",
})  # fmt: skip


def path_is_a_template(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    for index, path in enumerate(route.spec.paths):
        found = None if path.type == "Regex" else _PLACEHOLDER.search(path.value)
        if found:
            instead = "for any segment there, use type Regex and [^/]+"
            if found[1] in ("*", "**") and found.end() == len(path.value):
                instead = f"for all that is below, use type Prefix and {path.value[: found.start()] or '/'}"
            wrong = f"matches only where the segment is {found[1]} itself, for {path.type} has no placeholders"
            yield f"spec.paths[{index}].value", f"{wrong}; {instead}"


def prefix_is_a_template(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    found = _PLACEHOLDER.search(service.spec.path_prefix)
    if found:
        wrong = f"matches only where the segment is {found[1]} itself"
        yield "spec.pathPrefix", f"{wrong}, for a prefix has no placeholders; shorten it, and use Regex in the Routes"


def pattern_asks_for_a_query(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    for index, path in enumerate(route.spec.paths):
        if path.type == "Regex" and r"\?" in path.value:
            yield f"spec.paths[{index}].value", r"holds \?, and a path has no query; use queryParams"


def method_is_unknown(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    for index, method in enumerate(route.spec.methods):
        if method not in METHODS:
            message = f"matches nothing, for a request with the method {method} is answered by 400; remove it"
            yield f"spec.methods[{index}]", message


def header_is_the_clients_own(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    for index, header in enumerate(route.spec.headers):
        if canonical(header.name) in IDENTITY:
            message = "a Route is chosen before the caller is known, so this is what the client says; use allow"
            yield f"spec.headers[{index}].name", message


def header_value_is_not_ascii(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    for index, header in enumerate(route.spec.headers):
        if header.type == "Exact" and not header.value.isascii():
            yield f"spec.headers[{index}].value", "is compared as Latin-1, so that no client matches that sends UTF-8"


def query_is_percent_encoded(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    for index, parameter in enumerate(route.spec.query_params):
        texts = {"name": parameter.name} | ({"value": parameter.value} if parameter.type == "Exact" else {})
        for field, text in texts.items():
            if _ESCAPE.search(text):
                message = "is compared after one percent-decoding; write it decoded"
                yield f"spec.queryParams[{index}].{field}", message


def policy_of_route(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    if route.spec.auth:
        yield from policy_lints(route.spec.auth.jwt)


def policy_of_service(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    if service.spec.auth:
        yield from policy_lints(service.spec.auth.jwt)


POLICY_OF_AN_OBJECT = (policy_of_service, policy_of_route)
SERVICE_LINTS = (
    prefix_is_a_template,
    body_is_no_json,
    policy_of_service,
    header_holds_a_credential,
    redirect_leads_nowhere,
    *CLIENTS_LINTS,
)
ROUTE_LINTS = (
    path_is_a_template,
    pattern_asks_for_a_query,
    method_is_unknown,
    header_is_the_clients_own,
    header_value_is_not_ascii,
    query_is_percent_encoded,
    body_is_no_json,
    route_answers_for_no_route,
    policy_of_route,
    header_holds_a_credential,
    redirect_leads_nowhere,
    *CLIENTS_LINTS,
)
