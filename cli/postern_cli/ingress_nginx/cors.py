"""`enable-cors` and `cors-*` as the block `cors`."""

from __future__ import annotations

from .reading import Annotations, Reading, whole_number, words

NAMES = (
    "enable-cors",
    "cors-allow-origin",
    "cors-allow-methods",
    "cors-allow-headers",
    "cors-expose-headers",
    "cors-allow-credentials",
    "cors-max-age",
)
METHODS = "GET, PUT, POST, DELETE, PATCH, OPTIONS"
HEADERS = "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization"
MAX_AGE_S = "1728000"
# No browser remembers a preflight for longer.
REMEMBERED_S = 86_400


def read_cors(given: Annotations, _namespace: str) -> Reading:
    """The block, with the defaults of ingress-nginx in it; nothing unless `enable-cors` is true."""
    if given.get("enable-cors") != "true":
        return Reading({})
    origins = [it.lower() for it in words(given.get("cors-allow-origin", "*"))]
    is_open = "*" in origins
    has_credentials = given.get("cors-allow-credentials", "true") == "true"
    seconds = min(whole_number("cors-max-age", given.get("cors-max-age", MAX_AGE_S)), REMEMBERED_S)
    cors = {
        "allowOrigins": ["*"] if is_open else list(dict.fromkeys(origins)),
        "allowMethods": _list(given.get("cors-allow-methods", METHODS).upper()),
        # Browsers take * for the name of a header where credentials are allowed.
        "allowHeaders": _list(given.get("cors-allow-headers", HEADERS), without_all=has_credentials and not is_open),
        "exposeHeaders": _list(given.get("cors-expose-headers", ""), without_all=has_credentials and not is_open),
        "allowCredentials": has_credentials and not is_open,
        "maxAge": f"{seconds}s",
    }
    return Reading({"cors": {name: value for name, value in cors.items() if value}}, tuple(_notes(origins, given)))


def _list(value: str, *, without_all: bool = False) -> list[str]:
    return [it for it in dict.fromkeys(words(value)) if not (without_all and it == "*")]


def _notes(origins: list[str], given: Annotations) -> list[str]:
    notes = []
    if "*" in origins and given.get("cors-allow-credentials", "true") == "true":
        notes.append("cors-allow-credentials: with every origin browsers grant none, so allowCredentials is left out")
    if any("*." in it for it in origins):
        notes.append("cors-allow-origin: a wildcard was one label in nginx, and is one or more here")
    return notes
