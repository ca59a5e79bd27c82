"""Keeps the certificates in force at what is on disk, without a connection noticing.

A handshake takes the context that is in force when it begins; connections that
are open keep theirs.  Reading happens in a thread; the loop only swaps a reference.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from postern_kit.logs import log

from .certificate_store import CertificateStore, ScanResult
from .sni_selector import SniSelector
from .tls_context import MakeContext

SCAN_INTERVAL_S = 1.0
# A context encrypts its session tickets with a key of its own, which would open recorded TLS 1.2 traffic for as long
# as it is used: so not for longer than this.
TICKET_KEY_S = 12 * 3600.0


class CertificateObserver(Protocol):
    """Who wants to know; called on the loop."""

    def certificates_read(self, loaded: int, refused: int, ends_at: dict[str, float]) -> None:
        """So many were taken and refused; `ends_at` has those in force, by folder, in seconds since the epoch."""


class CertificateReloader:
    """`context` is for the next handshake, None while no certificate can be served."""

    def __init__(self, store: CertificateStore, make_context: MakeContext, listener: CertificateObserver) -> None:
        self.context: ssl.SSLContext | None = None
        self._store = store
        self._make_context = make_context
        self._listener = listener
        self._made_at = 0.0
        # A thread of its own: the loop's shared ones may all be waiting for a name server.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="certificates")

    async def start(self) -> None:
        """Read what is there, and say what it is, even if it is nothing."""
        scan = await self._scan()
        self._take(scan)
        if not self._store.good:
            log.error("no certificate can be served: every handshake fails")

    async def run(self) -> None:
        """Follow every change; never returns."""
        while True:
            await asyncio.sleep(SCAN_INTERVAL_S)
            scan = await self._scan()
            if scan.loaded or scan.refused:
                self._take(scan)
            elif self.context is not None and time.monotonic() - self._made_at > TICKET_KEY_S:
                self._select()

    async def _scan(self) -> ScanResult:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._store.scan)

    def _take(self, scan: ScanResult) -> None:
        for folder, error in scan.refused:
            in_force = any(one.folder == folder for one in self._store.good)
            log.error("certificate refused", certificate=folder, error=error, the_last_one_serves=in_force)
        for one in scan.loaded:
            log.info("certificate loaded", certificate=one.folder, names=one.names, ends_at=one.ends_at)
        if scan.loaded:
            for conflict in self._select().conflicts:
                log.warning(
                    "two certificates have one name",
                    name=conflict.name,
                    serves=conflict.served,
                    passed_over=conflict.passed_over,
                )
        ends_at = {one.folder: one.ends_at for one in self._store.good}
        self._listener.certificates_read(len(scan.loaded), len(scan.refused), ends_at)

    def _select(self) -> SniSelector:
        """Put what is good now into force."""
        selector = SniSelector(self._store.good)
        self.context = selecting_context(selector, self._make_context)
        self._made_at = time.monotonic()
        return selector


def selecting_context(selector: SniSelector, make_context: MakeContext) -> ssl.SSLContext:
    """A context that shows each client the certificate for the name that it asks for."""
    context = make_context()

    def choose(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> int | None:
        # Called without a name too. What it raises would end up on stderr.
        certificate = selector.of(name)
        if certificate is None:
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
        connection.context = certificate.context
        return None

    context.sni_callback = choose
    return context
