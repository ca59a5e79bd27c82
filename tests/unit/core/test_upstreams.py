"""Upstreams that no gateway connects to, unless its settings allow it."""

from __future__ import annotations

import pytest

from manifests import compiled, service
from postern_core.lint import LINTS
from postern_core.lints.upstreams import UPSTREAM_LINTS


def test_the_lints_are_run():
    """Each is in the list of all."""
    assert {one.__name__ for one in UPSTREAM_LINTS} <= set(LINTS)


def warned(upstream, *others, uid=""):
    made = service(upstream=upstream)
    made["metadata"]["uid"] = uid
    return [(it.field, it.message) for it in compiled(made, *others).problems if it.is_warning]


EXTERNAL = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"type": "ExternalName", "externalName": "localhost"},
}
THEN = "requests get 502 unless --allowed-upstreams of the gateway has it"


@pytest.mark.parametrize(
    ("upstream", "expected"),
    [
        ({"url": "http://169.254.169.254"}, ("spec.upstream.url", f"169.254.169.254 is metadata; {THEN}")),
        ({"url": "http://[fe80::1]"}, ("spec.upstream.url", f"fe80::1 is link-local; {THEN}")),
        ({"url": "http://localhost:9081"}, ("spec.upstream.url", f"localhost is loopback; {THEN}")),
        (
            {"endpoints": [{"address": "10.0.0.1", "port": 1}, {"address": "0.0.0.0", "port": 9081}]},
            ("spec.upstream.endpoints", f"0.0.0.0 is unspecified; {THEN}"),
        ),
        ({"service": {"name": "web", "port": 9081}}, ("spec.upstream.service", f"localhost is loopback; {THEN}")),
    ],
)
def test_an_address_that_gateways_refuse_is_warned_of(upstream, expected):
    """An ExternalName to `localhost`, and loopback or link-local addresses in `url` or `endpoints`."""
    assert [expected] == warned(upstream, EXTERNAL, uid="1")


def test_loopback_is_no_mistake_in_a_folder():
    """`postern run` allows it; what it doesn't allow is warned of there, too."""
    assert [] == warned({"url": "http://127.0.0.1:3000"})
    assert 1 == len(warned({"url": "http://169.254.0.1"}))
