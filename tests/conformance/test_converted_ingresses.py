"""What `postern convert ingress-nginx` writes, asked over a socket: the answers are those that nginx gave.

Each case has a host of its own, so that one gateway serves them all.  What nginx does was tried with nginx 1.22 and the
directives that ingress-nginx writes for these annotations.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

import raw
from manifests import ingress_class
from nginx_ingresses import behind, ingress, made_of


class Case(NamedTuple):
    """An Ingress by its paths and annotations, and requests each with what comes of it.

    That is the target that the application is asked for, or the status of the answer and its Location, "" for none.
    """

    name: str
    paths: tuple[str, ...]
    annotations: dict[str, str]
    asked: tuple[tuple[str, str | tuple[int, str]], ...]
    type: str = "ImplementationSpecific"


REWRITES = (
    Case(
        "prefix-off",
        ("/something(/|$)(.*)",),
        {"use-regex": "true", "rewrite-target": "/$2"},
        (
            ("/something", "/"),
            ("/something/", "/"),
            ("/something/new", "/new"),
            ("/something/new/?a=b&c", "/new/?a=b&c"),
            ("/else", (404, "")),
        ),
    ),
    Case(
        "prefix-other",
        ("/something(/|$)(.*)",),
        {"rewrite-target": "/api/$2"},
        (("/something", "/api/"), ("/something/", "/api/"), ("/something/a/b", "/api/a/b")),
    ),
    Case("rest-behind-slash", ("/api/(.*)",), {"rewrite-target": "/$1"}, (("/api/a/b?c", "/a/b?c"), ("/api/", "/"))),
    Case(
        "rest-with-slash",
        ("/api(/.*)?",),
        {"rewrite-target": "/v2$1"},
        (("/api", "/v2"), ("/api/x", "/v2/x"), ("/api/", "/v2/")),
    ),
    Case("below", ("/(.*)",), {"rewrite-target": "/b/$1"}, (("/a", "/b/a"), ("/", "/b/"))),
    Case("the-same", ("/(.*)",), {"rewrite-target": "/$1"}, (("/a/b", "/a/b"), ("/", "/"))),
    Case("no-rewrite", ("/img(/.*)?",), {"use-regex": "true"}, (("/img/a", "/img/a"), ("/other", (404, "")))),
    Case("whole", ("/old",), {"rewrite-target": "/new"}, (("/old", "/new"), ("/old/a?b", "/new?b"))),
    Case(
        "two-paths",
        ("/a(/|$)(.*)", "/b(/|$)(.*)"),
        {"rewrite-target": "/$2"},
        (("/a/x", "/x"), ("/b/y", "/y"), ("/c", (404, ""))),
    ),
    Case("exact", ("/only",), {"proxy-body-size": "8m"}, (("/only", "/only"), ("/only/x", (404, ""))), "Exact"),
)
REDIRECTS = (
    Case(
        "moved",
        ("/",),
        {"permanent-redirect": "https://www.example.com/shop"},
        (("/", (301, "https://www.example.com/shop")), ("/a", (301, "https://www.example.com/shop"))),
    ),
    Case(
        "moved-by-code",
        ("/",),
        {"permanent-redirect": "https://www.example.com", "permanent-redirect-code": "308"},
        (("/", (308, "https://www.example.com/")),),
    ),
    Case(
        "moved-with-path",
        ("/",),
        {"temporal-redirect": "https://new.example.com$request_uri"},
        (("/a/b?c=d", (302, "https://new.example.com/a/b?c=d")),),
    ),
    Case(
        "start-page",
        ("/",),
        {"app-root": "/app"},
        (("/", (302, "http://start-page.example.com/app")), ("/app", "/app"), ("/x", "/x")),
    ),
    Case(
        "to-https",
        ("/",),
        {"force-ssl-redirect": "true"},
        (("/a?b", (308, "https://to-https.example.com/a?b")),),
    ),
    Case("no-www", ("/",), {"from-to-www-redirect": "true"}, (("/a", "/a"),)),
)
ALLOWED = (
    Case("inside", ("/",), {"whitelist-source-range": "127.0.0.0/8,::1"}, (("/", "/"),)),
    Case("outside", ("/",), {"whitelist-source-range": "10.0.0.0/8"}, (("/", (403, "")),)),
    Case("denied", ("/",), {"denylist-source-range": "127.0.0.1"}, (("/", (403, "")),)),
    # A wider path of the host is open, and takes none of the requests that were protected.
    Case(
        "login", ("/admin",), {"auth-url": "http://login.demo.svc/check"}, (("/admin/x", (503, "")), ("/shop", "/shop"))
    ),
    Case(
        "login-pattern",
        ("/admin(/|$)(.*)",),
        {"auth-url": "http://login.demo.svc/check", "rewrite-target": "/$2"},
        (("/admin/x", (503, "")), ("/admin", (503, "")), ("/shop", "/shop")),
        "Prefix",
    ),
)
CASES = (*REWRITES, *REDIRECTS, *ALLOWED)


def host_of(case: Case) -> str:
    return f"{case.name}.example.com"


def sources() -> list[dict[str, Any]]:
    """The Ingresses of all cases, and what some of them need beside them."""
    found = [ingress(it.name, *it.paths, host=host_of(it), type_=it.type, annotations=it.annotations) for it in CASES]
    found += [ingress(f"{name}-rest", host=f"{name}.example.com") for name in ("login", "login-pattern")]
    cors = {"enable-cors": "true", "cors-allow-origin": "https://pages.example.com", "cors-max-age": "600"}
    header = {"canary": "true", "canary-by-header": "X-Canary", "canary-weight": "0"}
    found += [
        ingress("cors", host="cors.example.com", annotations=cors),
        ingress("every", host="every.example.com", annotations={"enable-cors": "true"}),
        ingress("limited", host="limited.example.com", annotations={"limit-rpm": "1", "limit-burst-multiplier": "2"}),
        ingress("small", host="small.example.com", annotations={"proxy-body-size": "1k"}),
        ingress("inner", host="inner.example.com", annotations={"upstream-vhost": "app.internal"}),
        ingress("again", host="again.example.com", annotations={"proxy-next-upstream": "error http_503"}),
        ingress("stable", host="canary.example.com"),
        ingress("canary", host="canary.example.com", backend="canary", annotations=header),
    ]
    return found


@pytest.fixture(scope="module")
def canary_upstream(start_upstream):
    return start_upstream()


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream, canary_upstream):
    backends = [*behind("shop", module_upstream.port), *behind("canary", canary_upstream.port)]
    return start_gateway([ingress_class(), *backends, *made_of(*sources())])


ASKED = [(case, *asked) for case in CASES for asked in case.asked]


@pytest.mark.parametrize(("case", "target", "expected"), ASKED, ids=lambda it: getattr(it, "name", str(it)))
def test_a_request_is_answered_as_by_nginx(gateway, upstream, case, target, expected):
    """The application is asked for the path that nginx asked for, or the answer has its status and Location."""
    answer = raw.ask(gateway.listen, raw.request(target, host=host_of(case)))
    seen = [it.target for it in upstream.requests]
    if isinstance(expected, str):
        assert (200, [expected]) == (answer.status, seen)
    else:
        assert (*expected, []) == (answer.status, answer.value("Location") or "", seen)


def test_the_other_host_is_redirected(gateway):
    """`from-to-www-redirect` sends www.HOST to HOST with the same path."""
    answer = raw.ask(gateway.listen, raw.request("/a?b", host="www.no-www.example.com"))
    assert (308, "http://no-www.example.com/a?b") == (answer.status, answer.value("Location"))


def preflight(gateway, host: str, origin: str) -> raw.Answer:
    fields = (f"Origin: {origin}", "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type")
    return raw.ask(gateway.listen, raw.request("/a", *fields, method="OPTIONS", host=host))


def test_a_preflight_is_answered(gateway, upstream):
    """An allowed origin gets the permissions with credentials, another one none, and the application is not asked."""
    answer = preflight(gateway, "cors.example.com", "https://pages.example.com")
    names = ("Origin", "Credentials", "Headers")
    allowed = [answer.value(f"Access-Control-Allow-{name}") for name in names]
    assert (204, "https://pages.example.com", "true", True) == (
        answer.status,
        *allowed[:2],
        "Content-Type" in allowed[2],
    )
    assert "600" == answer.value("Access-Control-Max-Age")
    other = preflight(gateway, "cors.example.com", "https://evil.example.com")
    assert (204, None) == (other.status, other.value("Access-Control-Allow-Origin"))
    assert [] == upstream.requests


def test_every_origin_has_no_credentials(gateway, upstream):
    """The default of ingress-nginx allows every origin, and browsers grant it no credentials."""
    answer = preflight(gateway, "every.example.com", "https://any.example.com")
    assert ("*", None) == tuple(answer.value(f"Access-Control-Allow-{name}") for name in ("Origin", "Credentials"))
    assert [] == upstream.requests


def test_a_limit_answers_429(gateway, upstream):
    """One request and the burst behind it pass, and the next waits."""
    ask = raw.request("/", host="limited.example.com")
    assert [200, 200, 200, 429, 429] == [raw.ask(gateway.listen, ask).status for _ in range(5)]


def test_a_large_body_is_refused(gateway, upstream):
    """A body of a kibibyte passes, and one that is larger by a byte does not."""
    bodies = [raw.request("/", method="POST", host="small.example.com", body=b"x" * size) for size in (1024, 1025)]
    assert [200, 413] == [raw.ask(gateway.listen, it, method="POST").status for it in bodies]


def test_the_application_reads_another_host(gateway, upstream):
    """`upstream-vhost` is the Host that the application reads."""
    assert 200 == raw.ask(gateway.listen, raw.request("/", host="inner.example.com")).status
    assert "app.internal" == upstream.requests[-1].fields["host"]


def test_a_status_is_tried_again(gateway, upstream):
    """With `http_503` the client gets the answer of the second attempt."""

    def busy_once(exchange):
        is_first = len(upstream.requests) == 1
        exchange.read_body()
        exchange.send(f"HTTP/1.1 {503 if is_first else 200} x\r\nContent-Length: 0\r\n\r\n")

    upstream.on("/busy", busy_once)
    assert 200 == raw.ask(gateway.listen, raw.request("/busy", host="again.example.com")).status
    assert 2 == len(upstream.requests)


@pytest.mark.parametrize(("value", "is_canary"), [("always", True), ("never", False), ("maybe", False)])
def test_a_header_leads_to_the_canary(gateway, upstream, canary_upstream, value, is_canary):
    """`canary-by-header` takes the requests whose header says always, and no other."""
    canary_upstream.forget()
    raw.ask(gateway.listen, raw.request("/", f"X-Canary: {value}", host="canary.example.com"))
    assert (int(is_canary), int(not is_canary)) == (len(canary_upstream.requests), len(upstream.requests))
