"""What annotations of our own change of how the paths of an Ingress are served.

There are few, and there are to be no more: a Service and its Routes say whatever else is wanted.  One that can't be
read refuses the Ingress, as its paths would be served otherwise than is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from postern_core.checks.normal_path import path_is_not_normal
from postern_core.resources.types import Duration, milliseconds
from postern_core.snapshot import PathMatch
from postern_core.snapshot_attempts import Timeouts
from postern_core.snapshot_filters import Filter, Redirect, Rewrite

SSL_REDIRECT = "postern.dev/ssl-redirect"
REWRITE = "postern.dev/rewrite"
REQUEST_TIMEOUT = "postern.dev/request-timeout"
SETTINGS = frozenset({SSL_REDIRECT, REWRITE, REQUEST_TIMEOUT})
BOOLEANS = ("true", "false")


class IngressSettings(NamedTuple):
    """Whether clients are sent to HTTPS, what comes in the place of each path, and how long requests may take."""

    redirects: bool = False
    path: str | None = None
    timeouts: Timeouts | None = None

    def rewritten(self, match: PathMatch) -> tuple[str, tuple[Filter, ...]]:
        """The prefix that requests of a path are stripped of, and its filters; of an exact path all is replaced."""
        redirect = (Redirect(scheme="https", status=308),) if self.redirects else ()
        if self.path is None:
            return "/", redirect
        if match.type == "Exact":
            return "/", (Rewrite(path=self.path), *redirect)
        if self.path == "/":
            return match.value, redirect
        return "/", (Rewrite(path=self.path, prefix=match.value), *redirect)


NO_SETTINGS = IngressSettings()


def settings_of(annotations: Mapping[str, str]) -> IngressSettings:
    """Those of an Ingress whose annotations can all be read."""
    timeout = annotations.get(REQUEST_TIMEOUT)
    return IngressSettings(
        annotations.get(SSL_REDIRECT) == "true",
        annotations.get(REWRITE),
        None if timeout is None else Timeouts(request_ms=milliseconds(timeout)),
    )


def wrong_settings(annotations: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The annotations of these that can't be read, each with the reason."""
    if annotations.get(SSL_REDIRECT, "true") not in BOOLEANS:
        yield SSL_REDIRECT, 'must be "true" or "false"'
    wrong = path_is_not_normal(annotations.get(REWRITE, "/"))
    if wrong:
        yield REWRITE, wrong
    if not _is_time(annotations.get(REQUEST_TIMEOUT, "1s")):
        yield REQUEST_TIMEOUT, "must be a time above 0s, such as 500ms, 10s or 1m30s"


def _is_time(text: str) -> bool:
    try:
        return milliseconds(msgspec.convert(text, Duration)) > 0
    except msgspec.ValidationError:
        return False
