"""Pages of other origins call a protected API through the gateway, in a real browser."""

from __future__ import annotations

import base64
import hashlib

import pytest

from gateway import Local
from heads import signed
from manifests import consumer, credential, route, secret, service
from upstream import Upstream
from upstream_behaviours import says

# One site, so that cookies go along, and three origins; browsers look for these names on loopback.
API, SHOP, PARTNER, OTHER = (f"{name}.shop.localhost" for name in ("api", "www", "a.partners", "evil"))
TOKEN = signed()
FROM = [{"header": "Authorization"}, {"cookie": "jwt"}, {"webSocketProtocol": "bearer."}]
LOGIN = f"HTTP/1.1 204 No Content\r\nSet-Cookie: jwt={TOKEN}; HttpOnly; SameSite=Strict\r\n\r\n"
REPORT = "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 5\r\nETag: x\r\nX-Hidden: y\r\n\r\na,b,c"

CALL = """
    const [url, options] = given, answer = await fetch(url, options);
    return {status: answer.status, body: await answer.text(), etag: answer.headers.get('ETag'),
            hidden: answer.headers.get('X-Hidden'), challenge: answer.headers.get('WWW-Authenticate')};
"""
TALK = """
    const [url, protocols] = given, socket = new WebSocket(url, protocols);
    return await new Promise(resolve => {
        socket.onmessage = message => resolve([socket.protocol, message.data]);
        socket.onclose = () => resolve('closed');
    });
"""


@pytest.fixture(scope="module")
def upstream():
    """The application: what it says of CORS itself is not what counts."""
    server = Upstream()
    server.on("/login", says(LOGIN))
    server.on("/report", says(REPORT))
    server.on("/chat", chat)
    yield server
    server.close()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, upstream, pages):
    """One whose routes only differ in what becomes of a request."""
    cors = {
        "allowOrigins": [f"http://{SHOP}:{pages.port}", f"http://*.partners.shop.localhost:{pages.port}"],
        "allowMethods": ["GET", "PUT"],
        "allowHeaders": ["Authorization", "Content-Type"],
        "exposeHeaders": ["ETag", "WWW-Authenticate"],
        "allowCredentials": True,
    }
    app = {"hosts": [API], "upstream": {"url": upstream.url}, "cors": cors}
    only_bob = {"jwt": {"allow": {"consumers": ["bob"]}}}
    started = Local(tmp_path_factory.mktemp("gateway") / "it")
    started.serve(
        [
            service(**app, auth={"jwt": {"from": FROM, "stripCredentials": True}}),
            route(methods=["GET", "PUT"]),
            route("login", paths=[{"type": "Exact", "value": "/login"}], auth={"jwt": {"mode": "Disabled"}}),
            route("bob", paths=[{"type": "Exact", "value": "/bob"}], auth=only_bob),
            service("down", **app | {"pathPrefix": "/down", "upstream": {"service": {"name": "web", "port": 80}}}),
            route("down", serviceRef={"name": "down"}),
            consumer(), credential(), secret(), consumer("bob"),
            {
                "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"},
                "spec": {"ports": [{"port": 80}]},
            },
        ]
    )  # fmt: skip
    yield started
    started.close()


@pytest.fixture
def url(gateway, upstream, chromium):
    """The API as pages know it; nothing was asked of the application yet, and no page has a cookie."""
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    upstream.requests.clear()
    return f"http://{API}:{gateway.listen[1]}"


def chat(exchange):
    """A WebSocket that says one word, by the protocol chat.v1 where that is offered."""
    fields = exchange.seen.fields
    accept = hashlib.sha1(fields["sec-websocket-key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    chosen = "Sec-WebSocket-Protocol: chat.v1\r\n" if fields.get("sec-websocket-protocol") == "chat.v1" else ""
    exchange.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Accept: {base64.b64encode(accept).decode()}\r\n{chosen}\r\n",
        b"\x81\x05hello",
    )
    exchange.until_gone()


def asked(upstream):
    """The requests that the application has seen."""
    return [seen.start.removesuffix(" HTTP/1.1") for seen in upstream.requests]


@pytest.mark.parametrize("host", [SHOP, PARTNER])
def test_a_page_changes_something_with_its_token(run, url, upstream, host):
    """Its browser asks before, and the gateway answers that; the application sees the request alone."""
    options = {
        "method": "PUT",
        "headers": {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
        "body": "{}",
    }
    answer = run(host, CALL, f"{url}/orders/1", options)
    assert (200, '{"ok":true}') == (answer["status"], answer["body"])
    assert ["PUT /orders/1"] == asked(upstream)


@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        (("/orders", None), (401, '{"message":"Missing JWT token in request"}', "")),
        (("/orders", "x"), (401, '{"message":"JWT token invalid"}', ', error="invalid_token"')),
        (("/bob", TOKEN), (403, '{"message":"Consumer not allowed"}', ', error="insufficient_scope"')),
        (("/down", None), (503, '{"message":"Service unavailable"}', None)),
    ],
)
def test_a_page_reads_why_it_was_refused(run, url, upstream, asks, expected):
    """Status, body and challenge, so that it can tell an expired token from a broken network."""
    (path, token), (status, body, error) = asks, expected
    answer = run(SHOP, CALL, url + path, {"headers": {"Authorization": f"Bearer {token}"} if token else {}})
    assert (status, body) == (answer["status"], answer["body"])
    assert (None if error is None else f'Bearer realm="postern"{error}') == answer["challenge"]
    assert [] == asked(upstream)


def test_a_page_downloads_with_its_cookie(run, url, upstream):
    """The cookie that the API has set is the token; of the answer the page reads what it is shown."""
    with_cookies = {"credentials": "include"}
    assert 401 == run(SHOP, CALL, f"{url}/report", with_cookies)["status"]
    assert 204 == run(SHOP, CALL, f"{url}/login", with_cookies)["status"]
    answer = run(SHOP, CALL, f"{url}/report", with_cookies)
    assert (200, "a,b,c", "x", None) == tuple(answer[name] for name in ("status", "body", "etag", "hidden"))
    assert 401 == run(SHOP, CALL, f"{url}/report", {"credentials": "omit"})["status"]
    assert "cookie" not in upstream.requests[-1].fields


def test_a_page_of_another_origin_reads_and_changes_nothing(run, url, upstream):
    """A read fails in the page, and what needs a preflight never leaves the browser."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for options in ({}, {"headers": headers}, {"method": "PUT", "headers": headers}, {"credentials": "include"}):
        assert {"threw": "TypeError"} == run(OTHER, CALL, f"{url}/orders", options)
    assert [] == asked(upstream)


def test_a_page_opens_a_websocket_with_its_token(run, url, upstream):
    """The token is one of the protocols that it offers, of which the application sees the other."""
    address = url.replace("http", "ws", 1) + "/chat"
    assert ["chat.v1", "hello"] == run(SHOP, TALK, address, ["chat.v1", f"bearer.{TOKEN}"])
    assert "chat.v1" == upstream.requests[-1].fields["sec-websocket-protocol"]


@pytest.mark.parametrize("protocols", [["chat.v1"], ["chat.v1", "bearer.x.y.z"]])
def test_a_page_opens_no_websocket_without_a_good_token(run, url, upstream, protocols):
    """The application is not asked."""
    assert "closed" == run(SHOP, TALK, url.replace("http", "ws", 1) + "/chat", protocols)
    assert [] == asked(upstream)


def test_a_websocket_that_offers_the_token_alone_is_closed_by_the_browser(run, url, upstream):
    """The handshake passes without a protocol, and only the browser minds; docs/cors.md says so."""
    assert "closed" == run(SHOP, TALK, url.replace("http", "ws", 1) + "/chat", [f"bearer.{TOKEN}"])
    assert "sec-websocket-protocol" not in upstream.requests[-1].fields
