"""Whatever an Ingress of ingress-nginx says, what becomes of it protects as much, or refuses."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nginx_ingresses import NGINX, converted, ingress
from postern_cli.ingress_nginx.conversion import LEFT
from postern_core.compile import compile_snapshot
from postern_core.parse import is_known, parse_manifest
from postern_operator.validators import VALIDATORS

# By the field that says it; "" for those that nothing says.
PROTECTS = {
    "whitelist-source-range": "clients",
    "denylist-source-range": "clients",
    "limit-rps": "rateLimit",
    "limit-rpm": "rateLimit",
    "limit-connections": "",
    "limit-whitelist": "rateLimit",
    "auth-url": "",
    "auth-type": "",
    "auth-tls-secret": "",
    "satisfy": "",
    "configuration-snippet": "",
    "proxy-body-size": "maxRequestBody",
    "never-heard-of": "",
}
OTHERS = (
    "rewrite-target", "use-regex", "app-root", "server-alias", "from-to-www-redirect", "ssl-redirect",
    "force-ssl-redirect", "permanent-redirect", "temporal-redirect", "permanent-redirect-code", "enable-cors",
    "cors-allow-origin", "cors-max-age", "upstream-vhost", "proxy-read-timeout", "proxy-next-upstream",
    "proxy-next-upstream-tries", "backend-protocol", "proxy-ssl-verify", "proxy-ssl-secret", "mirror-target",
    "canary", "canary-weight", "canary-by-header", "affinity", "proxy-buffering",
)  # fmt: skip
VALUES = (
    "", "0", "1", "5", "100", "8m", "true", "false", "on", "off", "basic", "HTTPS", "GRPC", "error http_503",
    "10.0.0.0/8", "10.0.0.1/8", "/", "/x", "/$1", "/$2", "/v2/$2", "a.example.com", "www.shop.example.com", "*", "https://a.example.com",
    "https://*.example.com", "https://a.example.com$request_uri", "http://$host", "demo/ca", "~^x", "\u00e4", "X-Try",
)  # fmt: skip
PATHS = (
    "/",
    "/a",
    "/a/",
    "/a/b",
    "/a(/|$)(.*)",
    "/a/(.*)",
    "/(.*)",
    "/a(/.*)?",
    "/a/[0-9]+",
    "/a//b",
    "/%41",
    "/a*",
    "a",
)
HOSTS = ("", "shop.example.com", "www.shop.example.com", "*.example.com")
ANNOTATIONS = st.dictionaries(st.sampled_from((*PROTECTS, *OTHERS)), st.sampled_from(VALUES), max_size=5)


@st.composite
def ingresses(draw, name="a"):
    source = ingress(
        name,
        *draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=3)),
        host=draw(st.sampled_from(HOSTS)),
        type_=draw(st.sampled_from(("Exact", "Prefix", "ImplementationSpecific"))),
        annotations=draw(ANNOTATIONS),
    )
    if draw(st.booleans()):
        source["spec"]["tls"] = draw(st.sampled_from(([{}], [{"secretName": "t", "hosts": ["shop.example.com"]}])))
    return source


def is_refused(result):
    return any(LEFT in it["metadata"].get("annotations", {}) for it in result.manifests)


@given(ingresses(), ingresses("b"))
def test_what_is_said_is_accepted(first, second):
    """What is left has a reason and refuses, or stands for nothing; all else the compiler accepts."""
    for result in converted(first, second):
        assert bool(result.left) == (is_refused(result) or not result.manifests)
        made = [parse_manifest(it) for it in result.manifests if is_known(it) and it["kind"] != "Ingress"]
        problems = compile_snapshot(made, inspectors=VALIDATORS).problems
        assert [] == [str(it) for it in problems if it.reason.condition == "Accepted"]


@given(ingresses())
def test_no_protection_is_lost(source):
    """Each annotation that protects is a field of every Service that is made, or the Ingress refuses."""
    said = {name.removeprefix(NGINX): value for name, value in source["metadata"]["annotations"].items()}
    if said.get("canary") in ("true", "1"):
        return  # Its annotations are those of the Ingress beside it.
    (result,) = converted(source)
    names = {name for name, value in said.items() if name in PROTECTS and value not in ("", "0")}
    names -= set() if {"limit-rps", "limit-rpm"} & names else {"limit-whitelist"}
    if is_refused(result) or not names:
        return
    for service in (
        it for it in result.manifests if it["kind"] == "Service" and not it["metadata"]["name"].endswith("-www")
    ):
        assert [] == [name for name in names if PROTECTS[name] not in service["spec"]]
    assert "Ingress" not in {it["kind"] for it in result.manifests}
