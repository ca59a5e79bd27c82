"""Annotations of an Ingress that say how its paths are served."""

from __future__ import annotations

import pytest

from manifests import compiled, ingress, ingress_class, ingress_path, kubernetes_service, mistakes
from postern_core.link.ingress_settings import NO_SETTINGS, settings_of
from postern_core.snapshot import PathMatch
from postern_core.snapshot_attempts import Timeouts
from postern_core.snapshot_filters import Redirect, Rewrite

PREFIX, EXACT = PathMatch(type="Prefix", value="/a"), PathMatch(type="Exact", value="/a")
TO_HTTPS = Redirect(scheme="https", status=308)


def documents(**annotations):
    ours = {f"postern.dev/{name.replace('_', '-')}": value for name, value in annotations.items()}
    return [ingress_class(), *kubernetes_service(), ingress("site", ingress_path("/a"), annotations=ours)]


def test_an_ingress_without_them_has_entries_as_before():
    """What does not use the annotations keeps its bytes."""
    assert NO_SETTINGS == settings_of({"postern.dev/ssl-redirect": "false"})
    assert ("/", ()) == NO_SETTINGS.rewritten(PREFIX)


def test_a_path_is_replaced_as_it_is_matched():
    """Of a prefix in whole elements, of an exact path whole; a slash alone takes the prefix off."""
    to = settings_of({"postern.dev/rewrite": "/b", "postern.dev/ssl-redirect": "true"})
    assert ("/", (Rewrite(path="/b", prefix="/a"), TO_HTTPS)) == to.rewritten(PREFIX)
    assert ("/", (Rewrite(path="/b"), TO_HTTPS)) == to.rewritten(EXACT)
    off = settings_of({"postern.dev/rewrite": "/"})
    assert ("/a", ()) == off.rewritten(PREFIX)
    assert ("/", (Rewrite(path="/"),)) == off.rewritten(EXACT)


def test_a_timeout_is_that_of_the_whole_request():
    """It is written as those of a Service are."""
    [entry] = compiled(*documents(request_timeout="1m30s")).snapshot.routes
    assert Timeouts(request_ms=90_000) == entry.timeouts


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ssl_redirect", "True"), ("ssl_redirect", ""), ("rewrite", "b"), ("rewrite", "/a//b"), ("rewrite", ""),
        ("rewrite", "/$1?a"), ("request_timeout", "0s"), ("request_timeout", "10"), ("request_timeout", ""),
    ],
)  # fmt: skip
def test_one_that_can_not_be_read_refuses_the_ingress(name, value):
    """Its paths would be served otherwise than is meant."""
    given = documents(**{name: value})
    [entry] = compiled(*given).snapshot.routes
    assert entry.refusal
    assert ("/", (), None) == (entry.strip_prefix, entry.filters, entry.timeouts)
    assert [f"metadata.annotations[postern.dev/{name.replace('_', '-')}]"] == list(mistakes(*given))
