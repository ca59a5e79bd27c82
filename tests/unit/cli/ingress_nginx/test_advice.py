"""Every annotation that ingress-nginx documents is known: it is said, dropped, or left with an advice of its own."""

from __future__ import annotations

import pytest

from postern_cli.ingress_nginx.advice import dropped, instead_of
from postern_cli.ingress_nginx.annotations import GROUPED, STRUCTURE

DOCUMENTED = """
app-root affinity affinity-mode affinity-canary-behavior auth-realm auth-secret auth-secret-type auth-type
auth-tls-secret auth-tls-verify-depth auth-tls-verify-client auth-tls-error-page
auth-tls-pass-certificate-to-upstream auth-tls-match-cn auth-url auth-method auth-signin
auth-signin-redirect-param auth-response-headers auth-request-redirect auth-always-set-cookie auth-cache-key
auth-cache-duration auth-keepalive auth-keepalive-share-vars auth-keepalive-requests auth-keepalive-timeout
auth-proxy-set-headers auth-snippet enable-global-auth backend-protocol canary canary-by-header
canary-by-header-value canary-by-header-pattern canary-by-cookie canary-weight canary-weight-total
client-body-buffer-size configuration-snippet custom-http-errors custom-headers default-backend enable-cors
cors-allow-origin cors-allow-methods cors-allow-headers cors-expose-headers cors-allow-credentials cors-max-age
force-ssl-redirect from-to-www-redirect http2-push-preload limit-connections limit-rps limit-rpm limit-rate
limit-rate-after limit-whitelist limit-burst-multiplier global-rate-limit global-rate-limit-window
global-rate-limit-key global-rate-limit-ignored-cidrs permanent-redirect permanent-redirect-code
temporal-redirect temporal-redirect-code preserve-trailing-slash proxy-body-size proxy-cookie-domain
proxy-cookie-path proxy-connect-timeout proxy-send-timeout proxy-read-timeout proxy-next-upstream
proxy-next-upstream-timeout proxy-next-upstream-tries proxy-request-buffering proxy-redirect-from
proxy-redirect-to proxy-http-version proxy-ssl-secret proxy-ssl-ciphers proxy-ssl-name proxy-ssl-protocols
proxy-ssl-verify proxy-ssl-verify-depth proxy-ssl-server-name enable-rewrite-log rewrite-target satisfy
server-alias server-snippet service-upstream session-cookie-name session-cookie-path session-cookie-domain
session-cookie-change-on-failure session-cookie-samesite session-cookie-secure session-cookie-max-age
session-cookie-expires session-cookie-conditional-samesite-none ssl-redirect ssl-passthrough stream-snippet
upstream-hash-by upstream-hash-by-subset upstream-hash-by-subset-size x-forwarded-prefix load-balance
upstream-vhost whitelist-source-range denylist-source-range allowlist-source-range proxy-buffering
proxy-buffers-number proxy-buffer-size proxy-busy-buffers-size proxy-max-temp-file-size ssl-ciphers
ssl-prefer-server-ciphers connection-proxy-header enable-access-log enable-opentracing
opentracing-trust-incoming-span enable-opentelemetry opentelemetry-trust-incoming-span
opentelemetry-operation-name enable-influxdb influxdb-measurement influxdb-port influxdb-host
influxdb-server-name use-regex enable-modsecurity enable-owasp-core-rules modsecurity-transaction-id
modsecurity-snippet mirror-request-body mirror-target mirror-host relative-redirects use-port-in-redirects
disable-proxy-intercept-errors
"""


@pytest.mark.parametrize("name", DOCUMENTED.split())
def test_a_documented_annotation_is_known(name):
    """No name of the documentation of ingress-nginx is treated as one that was never heard of."""
    is_said = name in GROUPED or STRUCTURE.fullmatch(name)
    assert is_said or dropped(name) or instead_of(name) != instead_of("never-heard-of")


@pytest.mark.parametrize("name", DOCUMENTED.split())
def test_what_restricts_is_never_dropped(name):
    """An annotation of authentication, of lists, of limits or with a snippet does not only tune nginx."""
    restricts = ("auth-", "limit-", "global-rate-limit", "satisfy", "whitelist", "denylist", "allowlist", "enable-mod")
    assert not (name.startswith(restricts) or name.endswith("-snippet")) or not dropped(name)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("auth-url", "TokenIssuer"),
        ("auth-secret", "JWTCredentials"),
        ("auth-tls-secret", "clientValidation"),
        ("server-snippet", "what the snippet does"),
        ("never-heard-of", "by hand"),
    ],
)
def test_each_annotation_has_an_advice(name, advice):
    """One that restricts names its replacement; any other one is to be written by hand."""
    assert advice in instead_of(name)
