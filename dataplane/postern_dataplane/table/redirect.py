"""The redirect of a route, ready to answer: all of an address that the request has no part in."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from postern_core.paths import after_prefix
from postern_core.snapshot import Route
from postern_core.snapshot_filters import Redirect
from postern_dataplane.request.denials import REDIRECTED, Denial
from postern_dataplane.request.target import Target


class CompiledRedirect(NamedTuple):
    """`stripped` is taken off a path and `before` put before the rest; `whole` comes in its place, None for neither."""

    entry: Redirect
    denial: Denial
    stripped: str
    before: str
    root: str
    whole: str | None
    keeps_empty_segments: bool

    def asked_path(self, target: Target) -> str:
        """The path of the request, in the form in which it goes on."""
        return target.unmerged if target.unmerged and self.keeps_empty_segments else target.path

    def new_path(self, target: Target) -> str:
        """The path of the new address."""
        if self.whole is not None:
            return self.whole
        path = self.asked_path(target)
        rest = path[len(self.stripped) :] if path is target.path else after_prefix(path, self.stripped)
        return self.before + (rest or self.root)


def compiled_redirect(entry: Route) -> CompiledRedirect | None:
    """That of a route, None where it has none."""
    redirect = next((it for it in entry.filters if isinstance(it, Redirect)), None)
    if redirect is None:
        return None
    denial, keeps = replace(REDIRECTED, status=redirect.status), entry.keep_empty_segments
    path, prefix = redirect.path, redirect.prefix
    if path is None:
        return CompiledRedirect(redirect, denial, "", "", "/", None, keeps)
    if prefix is None:
        return CompiledRedirect(redirect, denial, "", "", "", path, keeps)
    root = "/" if path.endswith("/") else ""
    return CompiledRedirect(redirect, denial, prefix.rstrip("/"), path.rstrip("/"), root, None, keeps)
