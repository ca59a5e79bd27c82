"""Keeps the certificates in force at what is on disk and in the snapshot, without a connection noticing.

For a name that the snapshot has a certificate for, that one is shown, and for all others one of the disk.

A handshake takes the context that is in force when it begins; connections that
are open keep theirs.  Reading happens in a thread; the loop only swaps a reference.
"""

from __future__ import annotations

import asyncio
import heapq
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from postern_core.snapshot_certificates import Certificate
from postern_kit.logs import log

from .certificate_store import CertificateStore, ScanResult
from .client_validation import ClientValidation
from .host_contexts import FindCertificate, HostContexts
from .sni_selector import SniSelector
from .tls_context import AskedFor, MakeContext

SCAN_INTERVAL_S = 1.0
# A context encrypts its session tickets with a key of its own, which would open recorded TLS 1.2 traffic for as long
# as it is used: so not for longer than this.
TICKET_KEY_S = 12 * 3600.0
# Of so many certificates of the snapshot the ends are reported, of those that end first.
REPORTED_MAX = 1000


class CertificateObserver(Protocol):
    """Who wants to know; called on the loop."""

    def certificates_read(self, loaded: int, refused: int, ends_at: dict[str, float]) -> None:
        """So many were taken and refused; `ends_at` has those in force in seconds since the epoch, by folder or id."""


class CertificateReloader:
    """`context` is for the next handshake, None while no certificate can be served."""

    def __init__(
        self,
        store: CertificateStore,
        make_context: MakeContext,
        listener: CertificateObserver,
        client_validation: ClientValidation | None = None,
    ) -> None:
        self.context: ssl.SSLContext | None = None
        self._store = store
        self._make_context = make_context
        self._listener = listener
        self._made_at = 0.0
        self._host_contexts = HostContexts(make_context)
        self._known: Mapping[str, Certificate] = {}
        self._client_validation = client_validation
        self._has_other_cas = False
        self._has_begun = asyncio.Event()
        # A thread of its own: the loop's shared ones may all be waiting for a name server.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="certificates")

    async def start(self) -> None:
        """Read what is there, and say what it is, even if it is nothing."""
        self._has_begun.set()
        scan = await self._scan()
        self._take(scan)
        if not self._store.good and not self._known:
            log.error("no certificate can be served: every handshake fails")

    def follow(self, find: FindCertificate, known: Mapping[str, Certificate]) -> None:
        """Show what the snapshot has, by name, from the next handshake on; `known` are all of them, by id."""
        self._has_begun.set()
        self._host_contexts.follow(find, known)
        if self._is_old:
            self._select()
        if known is self._known:
            return
        more = sum(self._known.get(id_) is not certificate for id_, certificate in known.items())
        self._known = known
        if self.context is None or not (known or self._store.good):
            self._select()
        self._listener.certificates_read(more, 0, self._ends_at())

    def _ends_at(self) -> dict[str, float]:
        first = heapq.nsmallest(REPORTED_MAX, self._known.values(), key=lambda it: it.not_after)
        return {it.id: it.not_after for it in first} | {one.folder: one.ends_at for one in self._store.good}

    async def run(self) -> None:
        """Follow every change, once TLS is spoken at some port; never returns."""
        await self._has_begun.wait()
        while True:
            await asyncio.sleep(SCAN_INTERVAL_S)
            scan = await self._scan()
            if scan.loaded or scan.refused:
                self._take(scan)
            elif self._is_old:
                self._select()

    @property
    def _is_old(self) -> bool:
        return self.context is not None and time.monotonic() - self._made_at > TICKET_KEY_S

    async def _scan(self) -> ScanResult:
        scan = await asyncio.get_running_loop().run_in_executor(self._thread, self._look)
        if self._has_other_cas:
            self._host_contexts.forget()
            self._select()
        return scan

    def _look(self) -> ScanResult:
        self._has_other_cas = self._client_validation is not None and self._client_validation.refresh()
        if self._has_other_cas:
            self._store.renew_contexts()
        return self._store.scan()

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
        self._listener.certificates_read(len(scan.loaded), len(scan.refused), self._ends_at())

    def _select(self) -> SniSelector:
        """Put what is good now into force."""
        selector = SniSelector(self._store.good)
        is_any = bool(self._known or self._store.good)
        self.context = selecting_context(selector, self._make_context, self._host_contexts) if is_any else None
        self._made_at = time.monotonic()
        return selector


def selecting_context(
    selector: SniSelector, make_context: MakeContext, host_contexts: HostContexts | None = None
) -> ssl.SSLContext:
    """A context that shows each client the certificate for the name that it asks for, and notes the name."""
    context = make_context()
    context.sslobject_class = AskedFor

    def choose(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> int | None:
        # Called without a name too. What it raises would end up on stderr.
        # RFC 6066, section 3: the name comes without a trailing dot, "and is compared case-insensitively".
        name = name.lower() if name else None
        if isinstance(connection, AskedFor):
            connection.server_name = name
        chosen = host_contexts.of(name) if host_contexts and name else None
        if chosen is None:
            certificate = selector.of(name)
            if certificate is None:
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            chosen = certificate.context
        connection.context = chosen
        return None

    context.sni_callback = choose
    return context
