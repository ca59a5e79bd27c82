"""What an Ingress covers: hosts and paths, whether it can be read or not.

Rules of this file:
1. A path is matched by whole elements and in normal form; a trailing slash of a Prefix says nothing.
   ImplementationSpecific is Prefix.
2. What looks like a pattern, or can't be read, is refused: with all paths below the whole elements before the pattern.
3. A host that can't be read is not guessed: then there is nothing to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from postern_core.parse import Decoded, Parsed
from postern_core.paths import BadPath, normalise
from postern_core.resources.ingress import Ingress, IngressBackend
from postern_core.resources.types import Host
from postern_core.snapshot import PathMatch

from .hosts import EVERY_HOST, Claim

EVERY_PATH = (PathMatch(type="Prefix", value="/"),)
# What data planes take of a request line by default.  The API server bounds an Ingress as a whole only.
PATH_CHARS_MAX = 8_192
DEFAULT = "default"
DEFAULT_FIELD = "spec.defaultBackend"

# What no path has that is meant as it stands, and patterns of other controllers have.
_PATTERN = re.compile(r"[\\^$*|()\[\]{}?]")
_GROUP = re.compile(r"\([^()]*\)")
_UNESCAPED = re.compile(r"[^!-~]|[#?]")


@dataclass(frozen=True, slots=True)
class IngressPath:
    """One path of an Ingress: its name in ids, its field and host, and where its requests go.

    `refusal` is why they are refused whatever the backend is; `hosts` are those of the default backend.
    """

    name: str
    field: str
    host: str
    matches: tuple[PathMatch, ...]
    backend: IngressBackend | None
    refusal: str = ""
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IngressScope:
    """The hosts of an Ingress, each with the field that names it first, its paths, and what can't be read of it."""

    hosts: Mapping[str, str]
    paths: tuple[IngressPath, ...]
    default: IngressBackend | None = None
    has_default: bool = False
    mistakes: tuple[tuple[str, str], ...] = ()

    def claim(self, parsed: Parsed, *, is_certain: bool) -> Claim:
        hosts = dict(self.hosts)
        if self.has_default:
            hosts.setdefault(EVERY_HOST, DEFAULT_FIELD)
        return Claim(parsed.ref, tuple(hosts) or None, is_certain, tuple(hosts.values()))


def scope_of(parsed: Decoded[Ingress]) -> IngressScope:
    """What an Ingress covers that can be read."""
    spec = parsed.resource.spec
    hosts: dict[str, str] = {}
    paths: list[IngressPath] = []
    mistakes: list[tuple[str, str]] = []
    seen: set[tuple[str, PathMatch]] = set()
    for number, rule in enumerate(spec.rules or ()):
        at = f"spec.rules[{number}]"
        host = _host(rule.host)
        if host is None:
            mistakes.append((f"{at}.host", "must be a host name in lower case, or *. and one; the rule is not served"))
            continue
        hosts.setdefault(host, f"{at}.host" if rule.host else at)
        for index, path in enumerate(rule.http.paths if rule.http else ()):
            field = f"{at}.http.paths[{index}]"
            matches, refusal = _matches(path.path or "/", path.path_type)
            if refusal:
                mistakes.append((f"{field}.path", refusal))
            new = tuple(match for match in matches if (host, match) not in seen)
            seen.update((host, match) for match in new)
            if new:
                paths.append(IngressPath(f"{number}/{index}", field, host, new, path.backend, refusal))
    return IngressScope(hosts, tuple(paths), spec.default_backend, spec.default_backend is not None, tuple(mistakes))


def recovered_scope(parsed: Parsed) -> IngressScope:
    """What an Ingress would cover that can't be read; all of it is to be refused."""
    spec = _mapping((parsed.manifest or {}).get("spec"))
    hosts: dict[str, str] = {}
    paths: list[IngressPath] = []
    seen: set[tuple[str, PathMatch]] = set()
    for number, rule in enumerate(_listed(spec.get("rules"))):
        given = _mapping(rule).get("host") if isinstance(rule, Mapping) else 0
        host = _host(given) if given is None or isinstance(given, str) else None
        if host is None:
            continue
        at = f"spec.rules[{number}]"
        hosts.setdefault(host, f"{at}.host")
        http = _mapping(rule).get("http")
        for index, one in enumerate(_recovered_paths(http)):
            new = tuple(match for match in one if (host, match) not in seen)
            seen.update((host, match) for match in new)
            if new:
                paths.append(IngressPath(f"{number}/{index}", f"{at}.http.paths[{index}]", host, new, None))
    return IngressScope(hosts, tuple(paths), has_default="defaultBackend" in spec)


def _recovered_paths(http: object) -> Iterator[tuple[PathMatch, ...]]:
    """The matches of each path of a rule; of one that can't be read all."""
    if http is None:
        return
    listed = _mapping(http).get("paths") if isinstance(http, Mapping) else 0
    if not isinstance(listed, list):
        yield EVERY_PATH
    for element in _listed(listed):
        given, kind = _mapping(element).get("path"), _mapping(element).get("pathType")
        if not isinstance(element, Mapping) or not isinstance(given, str | None):
            yield EVERY_PATH
        elif kind in ("Exact", "Prefix", "ImplementationSpecific"):
            yield _matches(given or "/", kind)[0]
        else:
            yield tuple(dict.fromkeys(_matches(given or "/", "Exact")[0] + _matches(given or "/", "Prefix")[0]))


def _matches(path: str, kind: str) -> tuple[tuple[PathMatch, ...], str]:
    """What a path matches and, where it can't be served as it is meant, why."""
    if len(path) > PATH_CHARS_MAX:
        message = f"has more than {PATH_CHARS_MAX:,} characters, which no usual request has; shorten it"
        return (_prefix(path[:PATH_CHARS_MAX].rpartition("/")[0]),), message
    pattern = _PATTERN.search(path) if kind == "ImplementationSpecific" else None
    if pattern:
        message = (
            "looks like a pattern, which an Ingress has none of here; use Prefix with what stands before it, "
            "or a Route of postern.dev with a path of type Regex"
        )
        return (_prefix(_before(path, pattern)),), message
    try:
        value = normalise(_escaped(path)).path
    except BadPath as error:
        return EVERY_PATH, f"is no path: {error}"
    return ((PathMatch(type="Exact", value=value) if kind == "Exact" else _prefix(value)),), ""


def _before(path: str, pattern: re.Match[str]) -> str:
    """The whole elements that all matches of a pattern begin with, as the pattern may go on within an element."""
    if "|" in _GROUP.sub("", path):
        return "/"
    rest = path[pattern.start() :]
    if rest.startswith("(/|$)") or rest == "$" or (rest == "*" and path.endswith("/*")):
        return path[: pattern.start()]
    return path[: pattern.start() - (rest[0] in "?*{")].rpartition("/")[0]


def _prefix(path: str) -> PathMatch:
    try:
        value = normalise(path).path
    except BadPath:
        value = "/"
    return PathMatch(type="Prefix", value=value.rstrip("/") or "/")


def _escaped(path: str) -> str:
    """A path as requests have it: in a manifest it may be written without escapes."""
    return _UNESCAPED.sub(lambda one: "".join(f"%{byte:02X}" for byte in one[0].encode()), path)


def _host(host: str | None) -> str | None:
    """The host of a rule, `*` for every one, None for what is no host."""
    try:
        return msgspec.convert(host, Host) if host else EVERY_HOST
    except msgspec.ValidationError:
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
