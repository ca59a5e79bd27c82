"""What differs from nginx although it can be said: the notes of an Ingress."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .annotations import Meaning
from .certificates import is_said
from .paths import read_path
from .reading import UnsayableError
from .source import Manifest, NginxIngress


class Pattern(NamedTuple):
    """A path as it is written, the prefix for which it stands, and its Ingress."""

    path: str
    prefix: str
    title: str


@dataclass(slots=True)
class Patterns:
    """The hosts whose paths nginx compares as patterns, each with the Ingress that is the reason, and those paths."""

    hosts: dict[str, str] = field(default_factory=dict)
    paths: dict[str, list[Pattern]] = field(default_factory=dict)


def patterns_of(sources: Sequence[NginxIngress], meanings: Sequence[Meaning]) -> Patterns:
    """Find them; one Ingress is enough for all paths of its hosts."""
    found = Patterns()
    for source, meaning in zip(sources, meanings, strict=True):
        for host in source.hosts if meaning.is_pattern else ():
            found.hosts.setdefault(host, source.title)
    for source in sources:
        for path in source.paths:
            if path.host in found.hosts:
                with contextlib.suppress(UnsayableError):
                    prefix = read_path(path.path, path.type, "", is_pattern=True).value
                    found.paths.setdefault(path.host, []).append(Pattern(path.path, prefix, source.title))
    return found


def notes_of_paths(source: NginxIngress, meaning: Meaning, patterns: Patterns) -> Iterator[str]:
    """What differs in which requests its paths and hosts take."""
    for host in source.hosts:
        if host in patterns.hosts:
            yield (
                f"host {host}: {patterns.hosts[host]} made nginx match its paths as patterns, without case and"
                " not by whole elements; here /x takes neither /X nor /xy"
            )
            yield from _notes_of_order(source, patterns.paths.get(host, []))
    loose = [it.path for it in source.paths if it.type == "ImplementationSpecific" and it.path != "/"]
    if loose and not meaning.is_pattern:
        yield (
            f"path {', '.join(dict.fromkeys(loose))}: nginx compared it letter by letter; here it counts by whole"
            " elements, as Prefix does"
        )


def _notes_of_order(source: NginxIngress, of_host: Sequence[Pattern]) -> Iterator[str]:
    """The paths of which nginx tried a wider pattern first: by the length of its text, not of what it matches."""
    for own in (it for it in of_host if it.title == source.title):
        for other in of_host:
            is_wider = own.prefix != other.prefix and own.prefix.startswith(f"{other.prefix.rstrip('/')}/")
            if is_wider and len(other.path) > len(own.path):
                yield (
                    f"path {own.path}: nginx gave its requests to {other.path} of {other.title}, whose text is longer;"
                    " here the longer prefix comes first"
                )


def notes_of_objects(source: NginxIngress, made: Sequence[Manifest], certificates: Sequence[Manifest]) -> Iterator[str]:
    """What differs for the objects that are made of it."""
    dropped = [name for name in sorted(source.of_others) if not (certificates and is_said(name))]
    if dropped:
        yield f"{', '.join(dropped)}: is not carried over to Services and Routes of postern.dev"
    if certificates:
        yield "cert-manager made its Certificates of the Ingress; they are objects of their own now"
    services = [it for it in made if it["kind"] == "Service"]
    if len(services) > 1 and any("rateLimit" in it["spec"] for it in services):
        yield f"limit-rps, limit-rpm: count for each of {len(services)} Services, where nginx counted for the Ingress"
    if any(not entry.get("secretName") for entry in source.tls):
        yield "spec.tls: an entry without secretName is for a certificate of the gateway's own"
    for host in source.hosts:
        if "*" in host:
            yield f"host {host}: its wildcard was one label, and is one or more in a Service of postern.dev"
