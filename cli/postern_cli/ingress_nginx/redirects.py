"""`permanent-redirect` and `temporal-redirect` as `redirect`."""

from __future__ import annotations

import re

from .reading import Annotations, Fields, Reading, UnsayableError, whole_number

NAMES = ("permanent-redirect", "permanent-redirect-code", "temporal-redirect", "temporal-redirect-code")
CODES = (301, 302, 303, 307, 308)
_URL = re.compile(
    r"(?:(?P<scheme>https?|\$scheme)://(?P<host>[a-z0-9.-]+|\$host|\$http_host|\$best_http_host)(?::(?P<port>[0-9]{1,5}))?)?"
    r"(?P<path>/[A-Za-z0-9/_.~-]*)?(?P<rest>\$request_uri)?"
)


def read_redirect(given: Annotations, _namespace: str) -> Reading:
    """The block; a temporal one comes before a permanent one, as in ingress-nginx."""
    name = "temporal-redirect" if given.get("temporal-redirect") else "permanent-redirect"
    if not given.get(name):
        return Reading({})
    redirect, notes = _address(name, given[name])
    redirect["statusCode"] = _code(name, given)
    return Reading({"redirect": redirect}, notes)


def _address(name: str, value: str) -> tuple[Fields, tuple[str, ...]]:
    found = _URL.fullmatch(value)
    if found is None or not value or (found["rest"] and found["path"]):
        raise UnsayableError(name, "its value is no address with a plain path, or with $request_uri alone")
    redirect: Fields = {}
    if found["scheme"] in ("http", "https"):
        redirect["scheme"] = found["scheme"]
    if found["host"] and not found["host"].startswith("$"):
        redirect["hostname"] = found["host"]
    if found["port"]:
        redirect["port"] = int(found["port"])
    if found["rest"]:
        return redirect, ()
    redirect["path"] = {"type": "ReplaceFullPath", "value": found["path"] or "/"}
    return redirect, (f"{name}: the query of a request stays in the new address, where nginx dropped it",)


def _code(name: str, given: Annotations) -> int:
    default = "302" if name == "temporal-redirect" else "301"
    code = whole_number(f"{name}-code", given.get(f"{name}-code") or default)
    if code not in CODES:
        raise UnsayableError(f"{name}-code", f"a redirect has one of {', '.join(map(str, CODES))}")
    return code
