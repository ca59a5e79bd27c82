"""Annotations that stand in the way of serving an Ingress."""

import pytest

from postern_core.link.ingress_annotations import NGINX, is_canary, passed_over, refused_annotations

REFUSED = [
    "auth-url", "auth-signin", "auth-type", "auth-secret", "auth-realm", "auth-tls-secret", "auth-tls-verify-client",
    "auth-snippet", "whitelist-source-range", "allowlist-source-range", "denylist-source-range", "satisfy", "limit-rps",
    "limit-connections", "limit-whitelist", "global-rate-limit", "enable-global-auth", "configuration-snippet",
    "server-snippet", "enable-modsecurity", "modsecurity-snippet", "use-regex", "rewrite-target", "ssl-passthrough",
]  # fmt: skip
IGNORED = ["proxy-body-size", "ssl-redirect", "proxy-read-timeout", "affinity", "enable-cors", "auth-proxy-set-headers"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_restricts_or_changes_the_match_is_refused(name):
    """The message names what there is in its place."""
    (found,) = refused_annotations({NGINX + name: "x"})
    assert f"metadata.annotations[{NGINX}{name}]" == found.field
    assert found.message.startswith("is not read here, and without it more would pass than is meant; ")
    assert [] == passed_over({NGINX + name: "x"})


@pytest.mark.parametrize("name", IGNORED)
def test_what_changes_nothing_of_who_may_call_is_a_warning(name):
    """It is named, so that it is not missed in silence."""
    assert ([], [NGINX + name]) == (refused_annotations({NGINX + name: "x"}), passed_over({NGINX + name: "x"}))


@pytest.mark.parametrize(
    "name",
    [
        "konghq.com/plugins",
        "traefik.ingress.kubernetes.io/router.middlewares",
        "k8s.apisix.apache.org/enable-csrf",
        "nginx.com/jwt-key",
        "haproxy.org/auth-type",
    ],
)
def test_plugins_of_other_controllers_are_refused(name):
    """They may be all that protects the application."""
    assert [f"metadata.annotations[{name}]"] == [it.field for it in refused_annotations({name: "x"})]


@pytest.mark.parametrize("name", ["cert-manager.io/issuer", "external-dns.alpha.kubernetes.io/target", "postern.de/x"])
def test_annotations_of_other_programs_are_no_concern(name):
    """They are read by those."""
    assert ([], []) == (refused_annotations({name: "x"}), passed_over({name: "x"}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("whitelist-source-range", "0.0.0.0/0,::/0"),
        ("allowlist-source-range", "::/0, 10.0.0.0/8, 0.0.0.0/0"),
        ("enable-global-auth", "false"),
        ("ssl-passthrough", "False"),
        ("use-regex", "0"),
        ("enable-modsecurity", "false"),
        ("enable-owasp-core-rules", "F"),
        ("backend-protocol", "HTTP"),
    ],
)
def test_a_value_that_restricts_nothing_counts_as_absent(name, value):
    """cert-manager writes the first one onto the Ingress of each HTTP-01 solver."""
    assert ([], []) == (refused_annotations({NGINX + name: value}), passed_over({NGINX + name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("whitelist-source-range", "0.0.0.0/0"),
        ("whitelist-source-range", "::/0"),
        ("whitelist-source-range", ""),
        ("whitelist-source-range", "0.0.0.0/0 ::/0"),
        ("denylist-source-range", "0.0.0.0/0,::/0"),
        ("use-regex", "no"),
        ("satisfy", "false"),
        ("auth-url", "false"),
    ],
)
def test_a_value_that_may_restrict_is_refused(name, value):
    """One family alone leaves the other one out, and what is not surely idle counts as meant."""
    assert [f"metadata.annotations[{NGINX}{name}]"] == [it.field for it in refused_annotations({NGINX + name: value})]


@pytest.mark.parametrize(("value", "is_refused"), [("HTTP", False), ("http", False), ("HTTPS", True), ("GRPC", True)])
def test_a_protocol_that_is_not_spoken_is_refused(value, is_refused):
    """A token would go in the clear to an application that asked for TLS."""
    assert is_refused == bool(refused_annotations({f"{NGINX}backend-protocol": value}))


@pytest.mark.parametrize(
    ("value", "expected"), [("true", True), ("True", True), ("1", True), ("false", False), ("yes", False)]
)
def test_a_canary_is_known_by_its_value(value, expected):
    """As ingress-nginx has it."""
    assert expected == is_canary({f"{NGINX}canary": value})
