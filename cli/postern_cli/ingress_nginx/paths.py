"""A path of an Ingress, with its rewrite, as a path of a Route.

ingress-nginx makes patterns of all paths of a host where one of its Ingresses has `use-regex` or `rewrite-target`; the
shapes that stand for a prefix are known here, and any other pattern raises.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .reading import UnsayableError

_PLAIN = re.compile(r"/[^\\^$*|()\[\]{}?+]*")
_PREFIX = r"(?P<prefix>(?:/[A-Za-z0-9._~-]+)*)"
# The end of a pattern, the capture that has what follows the prefix, and whether that begins with a slash.
_SHAPES = tuple(
    (re.compile(_PREFIX + re.escape(end)), capture, has_slash)
    for end, capture, has_slash in (
        ("(/|$)(.*)", "$2", False),
        ("(?:/|$)(.*)", "$1", False),
        ("/?(.*)", "$1", False),
        ("/(.*)", "$1", False),
        ("(/.*)?", "$1", True),
        ("(/.*)", "$1", True),
        ("(.*)", "$1", True),
        ("/.*", "", False),
        (".*", "", False),
        ("(/|$)", "", False),
        ("(?:/|$)", "", False),
    )
)


class PathOfRoute(NamedTuple):
    """`type` and `value` of a path, and the type and value of the rewrite that goes with it: "" for none."""

    type: str
    value: str
    rewrite: str = ""
    new: str = ""


def read_path(path: str, type_: str, target: str, *, is_pattern: bool) -> PathOfRoute:
    """The path; raises `UnsayableError` with the annotation that is in the way."""
    if _PLAIN.fullmatch(path):
        # A pattern is not anchored at its end, so that it takes what is below an exact path, too.
        type_ = "Exact" if type_ == "Exact" and not is_pattern else "Prefix"
        value = path if type_ == "Exact" else path.rstrip("/") or "/"
        return _replaced(PathOfRoute(type_, value), target)
    for shape, capture, has_slash in _SHAPES:
        found = shape.fullmatch(path) if is_pattern else None
        if found is not None:
            of_prefix = PathOfRoute("Prefix", found["prefix"] or "/")
            return _with_rest(of_prefix, target, capture, has_slash=has_slash)
    raise UnsayableError(f"path {path}", "is a pattern that stands for no prefix; write a Route with a path of Regex")


def _replaced(found: PathOfRoute, target: str) -> PathOfRoute:
    """The whole path is replaced, as a plain path captures nothing."""
    if not target:
        return found
    if not re.fullmatch(r"/[A-Za-z0-9/_.~-]*", target):
        raise UnsayableError("rewrite-target", "its value has captures that the path has not, or is no plain path")
    return found._replace(rewrite="ReplaceFullPath", new=target)


def _with_rest(found: PathOfRoute, target: str, capture: str, *, has_slash: bool) -> PathOfRoute:
    """What follows the prefix goes behind what the target has before its capture."""
    if "$" not in target:
        return _replaced(found, target)
    head = target.removesuffix(capture)
    good = head != target and capture and re.fullmatch(r"(/[A-Za-z0-9/_.~-]*)?", head)
    if not good or (head.endswith("/") == has_slash and head != "") or (head == "" and not has_slash):
        raise UnsayableError("rewrite-target", "its value is no prefix before what follows the prefix of the path")
    new = head or "/"
    if new.rstrip("/") == found.value.rstrip("/"):
        return found
    return found._replace(rewrite="ReplacePrefixMatch", new=new)
