"""Services and Routes for the paths of an Ingress.

Rules of this file:
1. The paths of one backend are Routes of one Service, as far as their hosts have the same ones: so they count together
   where requests are limited.
2. A canary by header is a Service beside it, whose Routes ask for the header: of two Routes with one path, that with
   more headers comes first.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .annotations import Meaning
from .canaries import Canary
from .object_names import ObjectNames
from .paths import PathOfRoute
from .reading import Fields
from .source import Backend, Manifest, NginxIngress, covers

PATHS_MAX = HOSTS_MAX = 64
API_VERSION = "postern.dev/v1alpha1"


class Share(NamedTuple):
    """A backend and its weight."""

    backend: Backend
    weight: int


class Match(NamedTuple):
    """What a Route takes, and what it does; `redirect` is the path to which it sends clients, "" for none."""

    path: PathOfRoute
    headers: tuple[tuple[str, str], ...] = ()
    redirect: str = ""


class Placed(NamedTuple):
    """A match for a host, and who gets its requests."""

    host: str
    match: Match
    shares: tuple[Share, ...]


def placed_paths(host: str, path: PathOfRoute, backend: Backend, canary: Canary | None) -> Iterator[Placed]:
    """One path of an Ingress, with the canary beside it."""
    alone = (Share(backend, 1),)
    if canary is None:
        yield Placed(host, Match(path), alone)
        return
    split = (Share(backend, canary.total - canary.weight), Share(canary.backend, canary.weight))
    yield Placed(host, Match(path), split if canary.weight else alone)
    if canary.header:
        yield Placed(host, Match(path, ((canary.header, canary.value or "always"),)), (Share(canary.backend, 1),))
        if canary.weight and not canary.value:
            yield Placed(host, Match(path, ((canary.header, "never"),)), alone)


def services_of(source: NginxIngress, meaning: Meaning, placed: Iterable[Placed], names: ObjectNames) -> list[Manifest]:
    """The Services, each followed by its Routes."""
    groups = list(_groups(source, meaning, placed))
    made: list[Manifest] = []
    for number, (hosts, matches, shares) in enumerate(groups, 1):
        wanted = source.name if len(groups) == 1 else f"{source.name}-{number}"
        name = names.take("Service", source.namespace, wanted, f"{source.name}/{number}")
        spec = _service_spec(source, meaning, hosts, shares)
        made.append(_ours("Service", source.metadata(name), spec))
        routes = list(_routes(matches, meaning.fields.get("rewrite", {})))
        for place, route in enumerate(routes, 1):
            own = name if len(routes) == 1 else f"{name}-{place}"
            own = names.take("Route", source.namespace, own, f"{source.name}/{number}/{place}")
            made.append(_ours("Route", source.metadata(own), {"serviceRef": {"name": name}, **route}))
    return made


def redirected_hosts(source: NginxIngress, pairs: Iterable[tuple[str, str]], names: ObjectNames) -> Iterator[Manifest]:
    """A Service and a Route that send clients of one host to another with the path that they asked for."""
    for host, to in pairs:
        backend = next(path.backend for path in source.paths if path.backend)
        name = names.take("Service", source.namespace, f"{source.name}-www", f"{source.name}/{host}")
        redirect = {"hostname": to, "statusCode": 308}
        tls = _tls(source, [host])
        yield _ours(
            "Service",
            source.metadata(name),
            {"hosts": [host], "upstream": _upstream(backend, {}), **tls, "redirect": redirect},
        )
        own = names.take("Route", source.namespace, name, f"{source.name}/{host}")
        yield _ours("Route", source.metadata(own), {"serviceRef": {"name": name}})


def _groups(
    source: NginxIngress, meaning: Meaning, placed: Iterable[Placed]
) -> Iterator[tuple[list[str], list[Match], tuple[Share, ...]]]:
    """Hosts with the same matches for the same shares."""
    by_host: dict[tuple[tuple[Share, ...], str], list[Match]] = {}
    for it in placed:
        by_host.setdefault((it.shares, it.host), []).append(it.match)
    groups: dict[tuple[tuple[Share, ...], tuple[Match, ...], bool], list[str]] = {}
    for (shares, host), matches in by_host.items():
        groups.setdefault((shares, tuple(matches), is_redirected(source, meaning, host)), []).append(host)
    for (shares, alike, _), hosts in groups.items():
        # A Service without hosts is for every host, as a rule without one is, and so beside no other.
        named = [it for it in hosts if it]
        parts = [named[start : start + HOSTS_MAX] for start in range(0, len(named), HOSTS_MAX)]
        for part in [[""], *parts] if "" in hosts else parts:
            yield part, list(alike), shares


def is_redirected(source: NginxIngress, meaning: Meaning, host: str) -> bool:
    """Whether clients of a host are sent to HTTPS: by default where it has TLS."""
    return meaning.is_https_forced or (meaning.is_https_preferred and source.is_tls(host))


def _service_spec(source: NginxIngress, meaning: Meaning, hosts: list[str], shares: tuple[Share, ...]) -> Fields:
    fields = copy.deepcopy(meaning.fields)
    more = fields.pop("upstream", {})
    named = [it for it in (*hosts, *meaning.aliases) if it]
    spec: Fields = {"hosts": named} if named else {}
    if len(shares) == 1:
        spec["upstream"] = _upstream(shares[0].backend, more)
    else:
        spec["upstreams"] = [{**_upstream(it.backend, more), "weight": it.weight} for it in shares]
    spec |= _tls(source, [*hosts, *meaning.aliases])
    if "redirect" not in fields and is_redirected(source, meaning, hosts[0]):
        fields["redirect"] = {"scheme": "https", "statusCode": 308}
    return spec | fields


def _tls(source: NginxIngress, hosts: list[str]) -> Fields:
    """The certificates for these hosts; an entry without a Secret is for one of the gateway's own."""
    entries = [entry for entry in source.tls if any(covers(entry, host) for host in hosts)]
    secrets = dict.fromkeys(str(entry["secretName"]) for entry in entries if entry.get("secretName"))
    return {"tls": {"certificateRefs": [{"name": name} for name in secrets]}} if secrets else {}


def _upstream(backend: Backend, more: Fields) -> Fields:
    # nginx asks the application for the host that the client asked for.
    return {"service": {"name": backend.name, "port": backend.port}, "hostHeader": "Client", **copy.deepcopy(more)}


def _routes(matches: Iterable[Match], rewrite: Fields) -> Iterator[Fields]:
    """The specs of Routes, without their Service: paths that are treated alike are those of one Route.

    `rewrite` is that of the Service, which a Route with one of its own replaces whole.
    """
    alike: dict[Match, list[PathOfRoute]] = {}
    for it in matches:
        # A Route whose prefix is replaced has one path.
        is_alone = it.path.rewrite == "ReplacePrefixMatch"
        key = it if is_alone else it._replace(path=it.path._replace(type="", value=""))
        alike.setdefault(key, []).append(it.path)
    for key, paths in alike.items():
        every = list(dict.fromkeys(paths))
        for start in range(0, len(every), PATHS_MAX):
            yield _route(every[start : start + PATHS_MAX], key, rewrite)


def _route(paths: list[PathOfRoute], like: Match, rewrite: Fields) -> Fields:
    spec: Fields = {"paths": [{"type": path.type, "value": path.value} for path in paths]}
    if like.headers:
        spec["headers"] = [{"name": name, "value": value} for name, value in like.headers]
    if like.path.rewrite:
        spec["rewrite"] = {**rewrite, "path": {"type": like.path.rewrite, "value": like.path.new}}
    if like.redirect:
        spec["redirect"] = {"path": {"type": "ReplaceFullPath", "value": like.redirect}, "statusCode": 302}
    return spec


def _ours(kind: str, metadata: Manifest, spec: Fields) -> Manifest:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}
