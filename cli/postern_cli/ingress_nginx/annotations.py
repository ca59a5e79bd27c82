"""What the annotations of an Ingress of ingress-nginx mean together, and which of them stand in the way.

Rules of this file:
1. An annotation that restricts, or changes what is answered, and that no field says exactly is left: the Ingress is
   refused until it is written by hand.
2. One that only tunes nginx is dropped, and named.
3. An annotation that is not known is left.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from . import cors, limits, redirects, upstreams
from .advice import dropped, instead_of
from .reading import Annotations, Fields, Group, Reading, UnsayableError, group, merge, words


@dataclass(slots=True)
class Meaning:
    """What the annotations of an Ingress say: fields of a Service, and what concerns its paths and hosts.

    `left` is what stands in the way, and `notes` what differs or is dropped.
    """

    fields: Fields = field(default_factory=dict)
    rewrite_target: str = ""
    is_pattern: bool = False
    app_root: str = ""
    aliases: tuple[str, ...] = ()
    is_www: bool = False
    is_https_forced: bool = False
    is_https_preferred: bool = True
    left: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _networks(name: str, value: str) -> list[str]:
    try:
        return [str(ipaddress.ip_network(entry)) for entry in words(value)]
    except ValueError:
        raise UnsayableError(name, "its value is no list of networks without bits beyond their prefixes") from None


def _clients(given: Annotations, _namespace: str) -> Reading:
    clients: dict[str, list[str]] = {}
    for name, value in sorted(given.items()):
        key = "deny" if name == "denylist-source-range" else "allow"
        networks = _networks(name, value)
        if clients.setdefault(key, networks) != networks:
            raise UnsayableError(name, "its value contradicts another annotation")
    return Reading({"clients": clients})


def _body_size(given: Annotations, _namespace: str) -> Reading:
    (value,) = given.values()
    if value == "0":
        return Reading({}, ("proxy-body-size: with 0 a body has the bound of the gateway, --max-request-body",))
    found = re.fullmatch(r"([1-9][0-9]*)([kmg]?)", value, re.IGNORECASE)
    if found is None:
        raise UnsayableError("proxy-body-size", "its value is not a number with k, m or g")
    unit = {"": "", "k": "Ki", "m": "Mi", "g": "Gi"}[found[2].lower()]
    return Reading({"maxRequestBody": f"{found[1]}{unit}"})


def _virtual_host(given: Annotations, _namespace: str) -> Reading:
    (value,) = given.values()
    if not re.fullmatch(r"[a-z0-9.-]+", value):
        raise UnsayableError("upstream-vhost", "its value is not a plain host name")
    return Reading({"rewrite": {"hostname": value}})


GROUPS = (
    group(_clients, "whitelist-source-range", "allowlist-source-range", "denylist-source-range"),
    group(_body_size, "proxy-body-size"),
    group(_virtual_host, "upstream-vhost"),
    group(cors.read_cors, *cors.NAMES),
    group(limits.read_limits, *limits.NAMES),
    group(redirects.read_redirect, *redirects.NAMES),
    group(upstreams.read_timeouts, *upstreams.TIMEOUTS),
    group(upstreams.read_retries, *upstreams.RETRIES),
    group(upstreams.read_tls, *upstreams.TLS),
    group(upstreams.read_mirror, *upstreams.MIRROR),
)
GROUPED = frozenset().union(*(it.names for it in GROUPS))
# What concerns paths, hosts and canaries, and is no field of a Service by itself.
STRUCTURE = re.compile(
    "rewrite-target|use-regex|app-root|server-alias|from-to-www-redirect|(force-)?ssl-redirect|canary(-.*)?"
)
# With these values an annotation is as if it were not there.
OFF = re.compile(
    "((ssl-passthrough|enable-(modsecurity|owasp-core-rules|owasp-modsecurity-crs|global-auth)) false"
    "|auth-tls-verify-client off|auth-type)"
)


def read_annotations(annotations: Annotations, namespace: str) -> Meaning:
    """Read all annotations of an Ingress, of which the names have no prefix."""
    given = {name: value for name, value in annotations.items() if not OFF.fullmatch(f"{name} {value}".strip())}
    meaning = Meaning()
    for one in GROUPS:
        present = {name: value for name, value in given.items() if name in one.names}
        if present:
            _read_group(meaning, one, present, namespace)
    _read_structure(meaning, given)
    for name in sorted(given):
        if not (name in GROUPED or STRUCTURE.fullmatch(name) or dropped(name)):
            meaning.left.append(f"{name}: {instead_of(name)}")
    reasons: dict[str, list[str]] = {}
    for name in sorted(given):
        if reason := dropped(name):
            reasons.setdefault(reason, []).append(name)
    meaning.notes += [f"{', '.join(names)}: {reason}" for reason, names in reasons.items()]
    return meaning


def _read_group(meaning: Meaning, one: Group, present: Annotations, namespace: str) -> None:
    try:
        found = one.read(present, namespace)
        merge(meaning.fields, found.fields)
    except UnsayableError as error:
        meaning.left.append(str(error))
    except ValueError as error:
        meaning.left.append(f"{', '.join(sorted(present))}: {error}")
    else:
        meaning.notes += found.notes


def _read_structure(meaning: Meaning, given: Annotations) -> None:
    meaning.rewrite_target = given.get("rewrite-target", "")
    meaning.is_pattern = given.get("use-regex") == "true" or bool(meaning.rewrite_target)
    meaning.is_https_forced = given.get("force-ssl-redirect") == "true"
    meaning.is_https_preferred = given.get("ssl-redirect", "true") != "false"
    meaning.is_www = given.get("from-to-www-redirect") == "true"
    meaning.app_root = given.get("app-root", "")
    meaning.aliases = tuple(words(given.get("server-alias", "")))
    meaning.left += _mistakes(meaning)


def _mistakes(meaning: Meaning) -> Iterator[str]:
    if meaning.app_root and not re.fullmatch(r"/[A-Za-z0-9/_.~-]*", meaning.app_root):
        yield "app-root: its value is not a plain path"
    if any(alias.startswith("~") for alias in meaning.aliases):
        yield "server-alias: a pattern is no host of a Service; name the hosts"
