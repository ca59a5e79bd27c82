"""How many patterns the hosts of a namespace may have, and which Routes go beyond that: the youngest.

A request without a token may be tried on every pattern of its host, so they are bounded together.  What one object may
have is a check of its own (`checks.route`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import msgspec

from postern_core.pattern_limits import ANY_PATTERN, HOST_SIZE_MAX, NAMESPACE_PATTERNS_MAX
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.snapshot import PathMatch, Route, ValueMatch

# A host's pattern of a path is tried once however many Routes have it; those of headers and parameters each time.
Pattern = tuple[str, str]


def settle_patterns(entries: Iterable[Route], size_of: Callable[[str], int]) -> tuple[list[Route], list[Problem]]:
    """Let the oldest Routes have their patterns as far as the bounds reach, and refuse what the others take.

    `size_of` is the `pattern_size` of `Inspectors`.
    """
    budget = _Budget(size_of)
    settled: list[Route] = []
    problems: list[Problem] = []
    for entry in sorted(entries, key=_age):
        message = budget.take(entry) if _has_patterns(entry) else ""
        if message:
            ref = Ref("Route", entry.namespace, entry.name)
            problems.append(Problem(ref, Reason.CONFLICTED, "spec", message))
        settled.append(_without_patterns(entry) if message else entry)
    return settled, problems


class _Budget:
    """What the hosts and the namespaces have so far."""

    def __init__(self, size_of: Callable[[str], int]) -> None:
        self._size_of = size_of
        self._hosts: dict[str, set[Pattern]] = defaultdict(set)
        self._sizes: dict[str, int] = defaultdict(int)
        self._namespaces: dict[str, int] = defaultdict(int)

    def take(self, entry: Route) -> str:
        """Give a Route its patterns on all its hosts; or, "" for nothing, the reason why it gets none."""
        paths = {(it.below, it.value) for it in entry.paths if it.type == "Regex" and it.value != ANY_PATTERN}
        criteria = [it.value for it in (*entry.headers, *entry.query_params) if it.type == "Regex"]
        asked = sum(map(self._size_of, criteria))
        new = {host: paths - self._hosts[host] for host in entry.hosts}
        sizes = {host: self._sizes[host] + asked + sum(self._size_of(it) for _, it in new[host]) for host in new}
        for host, size in sizes.items():
            if size > HOST_SIZE_MAX and size > self._sizes[host]:
                return _too_much_for_a_host(host, size)
        count = self._namespaces[entry.namespace] + sum(len(it) + len(criteria) for it in new.values())
        if count > NAMESPACE_PATTERNS_MAX and count > self._namespaces[entry.namespace]:
            return _too_many_for_a_namespace(entry.namespace, count)
        self._namespaces[entry.namespace] = count
        self._sizes.update(sizes)
        for host, patterns in new.items():
            self._hosts[host] |= patterns
        return ""


def _too_much_for_a_host(host: str, size: int) -> str:
    named = "every host" if host == "*" else f"host {host}"
    return (
        f"with this route the patterns of {named} would have {size} RE2 instructions, more than {HOST_SIZE_MAX}; "
        "use Exact or Prefix where possible, simpler patterns, or another host"
    )


def _too_many_for_a_namespace(namespace: str, count: int) -> str:
    return (
        f"with this route namespace {namespace} would have {count} patterns, each counted once for every host, more "
        f"than {NAMESPACE_PATTERNS_MAX}; use Exact or Prefix where possible, or give the Service fewer hosts"
    )


def _age(entry: Route) -> tuple[str, str, str]:
    return (entry.created or "~", entry.namespace, entry.name)


def _has_patterns(entry: Route) -> bool:
    types = [it.type for it in entry.paths] + [it.type for it in (*entry.headers, *entry.query_params)]
    return "Regex" in types


def _without_patterns(entry: Route) -> Route:
    """The route as one that refuses what its patterns may have taken, and more, without trying them."""
    headers, query_params = _exact(entry.headers), _exact(entry.query_params)
    untried = len(entry.headers) + len(entry.query_params) - len(headers) - len(query_params)
    return msgspec.structs.replace(
        entry,
        paths=tuple(dict.fromkeys(_any(it) if it.type == "Regex" else it for it in entry.paths)),
        headers=headers,
        query_params=query_params,
        unread_matches=entry.unread_matches + untried,
        policy=None,
        refusal=f"{Ref('Route', entry.namespace, entry.name)} is not accepted",
    )


def _any(path: PathMatch) -> PathMatch:
    return PathMatch(type="Regex", value=ANY_PATTERN, below=path.below)


def _exact(matches: tuple[ValueMatch, ...]) -> tuple[ValueMatch, ...]:
    return tuple(it for it in matches if it.type != "Regex")
