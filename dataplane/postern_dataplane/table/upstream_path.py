"""What becomes of the host and the path of a request on their way upstream."""

from __future__ import annotations

from typing import NamedTuple

from postern_core.snapshot import Backend, Route
from postern_core.snapshot_filters import Rewrite


class UpstreamPath(NamedTuple):
    """`stripped` is taken off each path, "" for none, and `before` put before what is left, which is at least `root`.

    With `whole` that is the path, whatever was asked for.  `announced` is the prefix that the application may put
    before its own paths, "" where it is not just taken off.  `authority` is the host that it is asked for, None where
    the client's own goes on.
    """

    stripped: str
    before: str
    root: str
    whole: str | None
    announced: str
    authority: str | None


def upstream_path(entry: Route, backend: Backend | None) -> UpstreamPath:
    """Of a route, whose filters come before what its backend says."""
    rewrite = next((it for it in entry.filters if isinstance(it, Rewrite)), None)
    authority = (rewrite and rewrite.hostname) or (backend.host_header if backend else None)
    base = backend.path_prefix if backend else ""
    # A slash that the upstream's URL does not have would ask for another resource.
    root = "" if backend and base and not backend.ends_with_slash else "/"
    if rewrite is None or rewrite.path is None:
        stripped = entry.strip_prefix.rstrip("/")
        return UpstreamPath(stripped, base, root, None, stripped, authority)
    if rewrite.prefix is None:
        return UpstreamPath("", base, root, base + (root if rewrite.path == "/" else rewrite.path), "", authority)
    stripped, replaced = rewrite.prefix.rstrip("/"), rewrite.path.rstrip("/")
    if replaced:
        root = "/" if rewrite.path.endswith("/") else ""
    return UpstreamPath(stripped, base + replaced, root, None, "" if replaced else stripped, authority)
