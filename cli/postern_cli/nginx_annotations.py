"""The annotations of ingress-nginx that a Service of ours can say exactly, as data; all others are left.

An entry reads the value of one annotation into the fields of a Service, and raises `ValueError` for what it can't say.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from postern_core.link.ingress_annotations import OF_NGINX

Fields = dict[str, Any]


def _networks(value: str) -> list[str]:
    return [str(ipaddress.ip_network(entry.strip())) for entry in value.split(",")]


def _size(value: str) -> Fields:
    found = re.fullmatch(r"([1-9][0-9]*)([kmg]?)", value, re.IGNORECASE)
    if found is None:
        raise ValueError("is not a number with k, m or g")
    unit = {"": "", "k": "Ki", "m": "Mi", "g": "Gi"}[found[2].lower()]
    return {"maxRequestBody": f"{found[1]}{unit}"}


def _seconds(value: str) -> str:
    if re.fullmatch(r"[1-9][0-9]{0,3}", value) is None:
        raise ValueError("is not a number of seconds")
    return f"{value}s"


def _timeouts(value: str, *names: str) -> Fields:
    return {"upstream": {"timeouts": dict.fromkeys(names, _seconds(value))}}


def _whole_path(value: str) -> Fields:
    if not re.fullmatch(r"/[A-Za-z0-9/_.-]*", value):
        raise ValueError("has captures, or is not a plain path")
    return {"rewrite": {"path": {"type": "ReplaceFullPath", "value": value}}}


def _host(value: str) -> Fields:
    if not re.fullmatch(r"[a-z0-9.-]+", value):
        raise ValueError("is not a plain host name")
    return {"rewrite": {"hostname": value}}


def _redirect(value: str) -> Fields:
    if value not in ("true", "false"):
        raise ValueError("is neither true nor false")
    return {"redirect": {"scheme": "https", "statusCode": 308}} if value == "true" else {}


# By name without the prefix.  `ssl-redirect` is on by default there, and counts with TLS only.
SAID: Mapping[str, Callable[[str], Fields]] = MappingProxyType(
    {
        "whitelist-source-range": lambda value: {"clients": {"allow": _networks(value)}},
        "allowlist-source-range": lambda value: {"clients": {"allow": _networks(value)}},
        "denylist-source-range": lambda value: {"clients": {"deny": _networks(value)}},
        "proxy-body-size": _size,
        "proxy-connect-timeout": lambda value: _timeouts(value, "connect"),
        "proxy-read-timeout": lambda value: _timeouts(value, "request", "idle"),
        "rewrite-target": _whole_path,
        "upstream-vhost": _host,
        "force-ssl-redirect": _redirect,
    }
)


def instead_of(name: str) -> str:
    """What to do about an annotation that has no equal."""
    found = [entry.instead for entry in OF_NGINX if entry.names.fullmatch(name)]
    return found[0] if found else "has no equal that is exact; write a Service and Routes of postern.dev by hand"
