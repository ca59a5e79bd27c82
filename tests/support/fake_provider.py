"""An identity provider for tests: it answers as it is told for each path, and counts what it is asked."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

JWKS = "/jwks"
DISCOVERY = "/.well-known/openid-configuration"


@dataclass
class FakeProvider:
    """What is answered by path; a path without an answer gets 404."""

    origin: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    heads: list[dict[str, str]] = field(default_factory=list)

    def serve(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        """Answer a path with this; underscores in names of fields stand for dashes."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}

        async def answer(_request: web.Request) -> web.Response:
            return web.Response(body=body, status=status, headers=fields)

        self.answers[path] = answer

    def publish(self, *jwks: dict[str, Any], **headers: Any) -> None:
        """Publish a set of keys."""
        self.serve(JWKS, msgspec.json.encode({"keys": jwks}), **headers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked[request.path] += 1
        self.heads.append(dict(request.headers))
        answer = self.answers.get(request.path)
        return await answer(request) if answer else web.Response(status=404, text="hidden")


@contextlib.asynccontextmanager
async def fake_provider(
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    *,
    port: int = 0,
    provider: FakeProvider | None = None,
) -> AsyncIterator[FakeProvider]:
    """Serve as long as the context lasts; with TLS where there is a context, and a provider that was there before."""
    provider = provider or FakeProvider()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", provider.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
        provider.origin = f"{'https' if tls else 'http'}://{host}:{runner.addresses[0][1]}"
        yield provider
    finally:
        await runner.cleanup()


@contextlib.contextmanager
def provider_in_a_thread() -> Iterator[FakeProvider]:
    """Serve beside a test that has no loop."""
    with asyncio.Runner() as runner:
        loop, stack = runner.get_loop(), contextlib.AsyncExitStack()
        provider = runner.run(stack.enter_async_context(fake_provider()))
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            yield provider
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            runner.run(stack.aclose())


def signing_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def jwk(key: ec.EllipticCurvePrivateKey, kid: str, **more: Any) -> dict[str, Any]:
    """The public JWK of a key, as a provider publishes it."""
    made: dict[str, Any] = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    made.pop("key_ops", None)
    return made | {"kid": kid, "use": "sig", "alg": "ES256"} | more
