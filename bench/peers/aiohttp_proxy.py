"""A proxy as one would write it oneself in an afternoon: aiohttp on both sides, PyJWT, uvloop.

It is here to be compared with, and lacks most of what a gateway needs.
"""

from __future__ import annotations

import argparse
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import jwt
import uvloop
from aiohttp import ClientSession, TCPConnector, web

SESSION = web.AppKey("session", ClientSession)
OPTIONS = web.AppKey("options", argparse.Namespace)
# Headers of one connection, which a proxy must not pass on.
OF_A_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "host"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", type=int, required=True)
    parser.add_argument("--algorithm", default="HS256")
    parser.add_argument("--key", type=Path, required=True, help="file with the secret or the public key")
    parser.add_argument("--paths", type=Path, required=True, help="file with the paths that there are, one a line")
    parser.add_argument("--certificate", type=Path, help="folder with tls.crt and tls.key")
    options = parser.parse_args()
    context = None
    if options.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate / "tls.crt", options.certificate / "tls.key")
    uvloop.install()
    web.run_app(
        proxy(options), host="127.0.0.1", port=options.port, ssl_context=context, access_log=None, backlog=4096,
        print=None,
    )  # fmt: skip


def proxy(options: argparse.Namespace) -> web.Application:
    options.key = options.key.read_text(encoding="utf-8")
    application = web.Application(client_max_size=64 * 2**20)
    application[OPTIONS] = options
    application.cleanup_ctx.append(session)
    for path in options.paths.read_text(encoding="utf-8").splitlines():
        application.router.add_route("*", path, handle)
    return application


async def session(application: web.Application) -> AsyncIterator[None]:
    async with ClientSession(connector=TCPConnector(limit=0)) as made:
        application[SESSION] = made
        yield


async def handle(request: web.Request) -> web.Response:
    """Look at the token, and pass the request on."""
    options = request.app[OPTIONS]
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, options.key, algorithms=[options.algorithm])
    except jwt.PyJWTError:
        return web.json_response({"message": "JWT token invalid"}, status=401)
    headers = {name: value for name, value in request.headers.items() if name.lower() not in OF_A_CONNECTION}
    headers["X-Consumer-Username"] = str(claims.get("user", ""))
    url = f"http://127.0.0.1:{options.upstream}{request.rel_url}"
    body = await request.read() if request.can_read_body else None
    async with request.app[SESSION].request(request.method, url, headers=headers, data=body) as answer:
        content = await answer.read()
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in OF_A_CONNECTION}
        return web.Response(status=answer.status, body=content, headers=kept)


if __name__ == "__main__":
    main()
