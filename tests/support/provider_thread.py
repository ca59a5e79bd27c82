"""An identity provider beside a test that blocks, which can be stopped and started again at the same port."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any, Self

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from fake_provider import FakeProvider, fake_provider, jwk, signing_key

START_S = 20.0


class ProviderThread:
    """A `FakeProvider` for several issuers: the keys of each are at a path of its name."""

    def __init__(self) -> None:
        self.provider = FakeProvider()
        self._port = 0
        self._keys: dict[str, tuple[str, ec.EllipticCurvePrivateKey]] = {}
        self._stopped = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Answer, at the port of before."""
        is_up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(is_up)), daemon=True)
        self._thread.start()
        assert is_up.wait(START_S), "the provider does not start"

    def stop(self) -> None:
        """Refuse connections from now on."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join(START_S)
            self._loop = None

    def rotate(self, name: str) -> None:
        """Publish a new key for an issuer, and no other any more."""
        number = int(self._keys[name][0]) + 1 if name in self._keys else 1
        self._keys[name] = str(number), (key := signing_key())
        self.provider.serve(f"/{name}", msgspec.json.encode({"keys": [jwk(key, str(number))]}))

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._port}/{name}"

    def issuer(self, name: str) -> str:
        return f"https://{name}.example.com"

    def asked(self, name: str) -> int:
        """How often the keys of an issuer were asked for."""
        return self.provider.asked[f"/{name}"]

    def token(self, name: str, **claims: Any) -> str:
        """A token of an issuer, by its newest key."""
        kid, key = self._keys[name]
        claims = {"iss": self.issuer(name), "sub": "alice", "aud": "orders", "exp": time.time() + 300} | claims
        return jwt.encode(claims, key, "ES256", {"kid": kid})

    async def _serve(self, is_up: threading.Event) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        async with fake_provider(port=self._port, provider=self.provider) as provider:
            self._port = int(provider.origin.rpartition(":")[2])
            is_up.set()
            await self._stopped.wait()
