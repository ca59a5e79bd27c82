"""Where a listener that serves nothing sends its requests."""

from __future__ import annotations

import pytest

from heads import NOW_S, head
from manifests import compiled, route, service
from postern_core.snapshot_listeners import Listener
from postern_dataplane.decision.decide import decide, target_of
from postern_dataplane.decision.https_location import is_acme_challenge, redirect_of_listener
from postern_dataplane.decision.outcome import Reject
from postern_dataplane.decision.verification_cache import NullCache
from postern_dataplane.listener import ListenerPort
from postern_dataplane.table.routing_table import build_table

PORT = ListenerPort(
    [
        Listener("Listener/default/all", "HTTP", 80, 10080, redirect_port=443),
        Listener("Listener/default/shop", "HTTP", 80, 10080, "shop.example.com", redirect_port=8443),
        Listener("Listener/default/open", "HTTP", 80, 10080, "*.open.example.com"),
    ]
)


@pytest.mark.parametrize(
    ("host", "location"),
    [
        ("app.example.com", "https://app.example.com/a?b"),
        ("shop.example.com:80", "https://shop.example.com:8443/a?b"),
        ("a.open.example.com", None),
    ],
)
def test_each_listener_of_a_port_has_its_own_redirect(host, location):
    """A request is sent where the most specific listener of its port says, by that listener alone."""
    decision = decide(head("/a?b", host=host, port=PORT), build_table(compiled().snapshot, ""), NullCache(), NOW_S)
    assert isinstance(decision, Reject)
    assert (308 if location else 404) == decision.denial.status
    assert (location or "") == decision.denial.location


CHALLENGE = "/.well-known/acme-challenge/eyJ0_b-k"


def test_a_challenge_of_acme_is_served_without_tls():
    """A host that waits for its first certificate has none by which a handshake could succeed."""
    table = build_table(compiled(service(hosts=["app.example.com"]), route()).snapshot, "")
    decision = decide(head(CHALLENGE, host="app.example.com", port=PORT), table, NullCache(), NOW_S)
    assert not isinstance(decision, Reject) or (503, "") == (decision.denial.status, decision.denial.location)


@pytest.mark.parametrize(
    ("target", "is_one"),
    [
        (CHALLENGE, True),
        ("/.well-known/acme-challenge/", False),
        ("/.well-known/acme-challenge", False),
        (f"{CHALLENGE}/../../../admin", False),
        (f"{CHALLENGE}%2F..%2Fadmin", False),
        (f"{CHALLENGE}?access_token=x", False),
        (f"/{CHALLENGE}", False),
        (f"/x/..{CHALLENGE}", False),
        (f"{CHALLENGE}\n", False),
        (f"http://app.example.com{CHALLENGE}", False),
        ("/.WELL-KNOWN/acme-challenge/x", False),
    ],
)
def test_only_what_an_authority_asks_for_is_a_challenge(target, is_one):
    """Nothing that leads elsewhere, and nothing with a token in its query, is served without TLS in its name."""
    assert is_one == is_acme_challenge(head(target))


def test_a_request_without_a_host_is_sent_nowhere():
    """A location needs a host, so that a request of HTTP/1.0 without one is a bad request."""
    asked = head("/", host=None, http_minor=0, port=PORT)
    target = target_of(asked, build_table(compiled().snapshot, ""))
    assert 400 == redirect_of_listener(asked, target).status


def test_a_port_of_the_settings_redirects_nothing_here():
    """What `--redirect-to-https` does is decided before a table is asked."""
    asked = head("/")
    assert redirect_of_listener(asked, target_of(asked, build_table(compiled().snapshot, ""))) is None


def test_what_a_listener_serves_it_does_not_redirect():
    """A listener without a redirect leads on to the routes."""
    table = build_table(compiled(service(hosts=["a.open.example.com"]), route()).snapshot, "")
    decision = decide(head("/", host="a.open.example.com", port=PORT), table, NullCache(), NOW_S)
    assert not isinstance(decision, Reject) or decision.denial.status == 503
