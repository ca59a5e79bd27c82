"""What annotations of an Ingress stand in the way of serving it.

Rules of this file:
1. An annotation that restricts who may call, or changes which requests are matched, is never ignored: without it the
   application would be open, or get what is not meant for it.  It refuses the Ingress, and says what to use instead.
   With a value by which it restricts nothing it counts as absent.
2. What annotations of our own mean, and that unknown ones refuse, is in `attached_policies`.
3. Any other one of ingress-nginx changes how well an application is served, never by whom; it is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from postern_core.problems import printable

from .attached_policies import POLICY_ANNOTATION

NGINX = "nginx.ingress.kubernetes.io/"


# As Go's strconv.ParseBool reads them, which ingress-nginx calls.
TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
EVERY_ADDRESS = frozenset({"0.0.0.0/0", "::/0"})


class Restriction(NamedTuple):
    """Annotations that are refused, as a pattern of their names, and what to use in their place.

    `is_idle` tells the values by which they restrict nothing.
    """

    names: re.Pattern[str]
    instead: str
    is_idle: Callable[[str], bool]


def _all(instead: str, *names: str, is_idle: Callable[[str], bool] = lambda _: False) -> Restriction:
    return Restriction(re.compile("|".join(names)), instead, is_idle)


def _is_every_address(value: str) -> bool:
    # So cert-manager writes it onto the Ingress of each HTTP-01 solver, lest a list of the whole controller refuse it.
    return {network.strip() for network in value.split(",")} >= EVERY_ADDRESS


_LISTS = "write a Service of postern.dev with clients.allow and clients.deny"
# By name without the prefix; the first row with a name counts.
OF_NGINX = (
    _all(f"name a JWTPolicy in {POLICY_ANNOTATION}", "enable-global-auth", is_idle=FALSE.__contains__),
    _all(f"name a JWTPolicy in {POLICY_ANNOTATION}", "auth-(?!tls-|proxy-).*", "satisfy"),
    _all("ask for client certificates in front of the gateway", "ssl-passthrough", is_idle=FALSE.__contains__),
    _all("ask for client certificates in front of the gateway", "auth-tls-.*"),
    _all(_LISTS, "(white|allow)list-source-range", is_idle=_is_every_address),
    _all(_LISTS, "(deny|black)list-source-range"),
    _all("write a Service of postern.dev with rateLimit", "limit-.*", "global-rate-limit.*"),
    _all("write a Route of postern.dev with a path of type Regex", "use-regex", is_idle=FALSE.__contains__),
    _all("write a Service of postern.dev with pathPrefix, which takes the prefix off", "rewrite-target"),
    _all("write Services and Routes of postern.dev for what the snippet does", ".*-snippet", "modsecurity-.*"),
    _all("write Services and Routes of postern.dev for what the snippet does", "enable-modsecurity",
         "enable-owasp-.*", is_idle=FALSE.__contains__),
    _all("write a Service of postern.dev with upstream.tls", "backend-protocol",
         is_idle=lambda value: value.upper() in ("HTTP", "AUTO_HTTP")),
)  # fmt: skip
# What plugins of other controllers do may be to restrict; by whole name.
OF_OTHERS = (
    _all(
        f"name a JWTPolicy in {POLICY_ANNOTATION}, and remove it",
        r"konghq\.com/plugins",
        r"traefik\.ingress\.kubernetes\.io/router\.middlewares",
        r"k8s\.apisix\.apache\.org/(plugin-config-name|enable-.*|auth-.*|allowlist-.*|blocklist-.*)",
        r"(nginx\.org|nginx\.com)/(policies|jwt-.*|basic-auth-.*|limit-.*|server-snippets|location-snippets)",
        r"haproxy\.org/(auth-.*|allow-list|deny-list|whitelist|blacklist|rate-limit-.*|jwt-.*)",
    ),
)
# Canary releases of ingress-nginx: an Ingress that stands beside another one with the same paths.
CANARY = f"{NGINX}canary"


class AnnotationMistake(NamedTuple):
    """The field of an annotation, and why it refuses its Ingress."""

    field: str
    message: str


def refused_annotations(annotations: Mapping[str, str]) -> list[AnnotationMistake]:
    """The annotations for which an Ingress is refused, in order of name."""
    found = [(name, _why(name, annotations[name])) for name in sorted(annotations)]
    return [AnnotationMistake(_field(name), why) for name, why in found if why]


def passed_over(annotations: Mapping[str, str]) -> list[str]:
    """The annotations of ingress-nginx that change nothing here, in order, but for those that say as much."""
    of_nginx = (name for name in sorted(annotations) if name.startswith(NGINX) and name != CANARY)
    return [printable(name) for name in of_nginx if _restriction(name) is None]


def is_canary(annotations: Mapping[str, str]) -> bool:
    """Whether an Ingress takes a part of another one's requests."""
    return annotations.get(CANARY) in TRUE


def _why(name: str, value: str) -> str:
    row = _restriction(name)
    if row is None or row.is_idle(value):
        return ""
    return f"is not read here, and without it more would pass than is meant; {row.instead}"


def _restriction(name: str) -> Restriction | None:
    rows, own = (OF_NGINX, name.removeprefix(NGINX)) if name.startswith(NGINX) else (OF_OTHERS, name)
    return next((row for row in rows if row.names.fullmatch(own)), None)


def _field(name: str) -> str:
    return f"metadata.annotations[{printable(name)}]"
