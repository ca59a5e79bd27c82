"""The upstreams in use: their addresses, their connections, and how both outlive a reload."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection
from functools import partial

from postern_core.snapshot import Endpoint
from postern_core.snapshot_upstream_tls import UpstreamTLS
from postern_core.special_addresses import SpecialUse
from postern_dataplane.background_tasks import BackgroundTasks
from postern_dataplane.table.routing_table import RoutingTable
from postern_dataplane.table.upstream import Upstream
from postern_kit.logs import log

from .connect_failure import connect_failure, tls_failure
from .connection import UpstreamConnection
from .dial_policy import AddressRefused, DialPolicy
from .dns import DnsEntry, is_address
from .happy_eyeballs import first_to_open
from .load_balancer import EdfScheduler, Host
from .tls import client_context, context_with_certificate

# How long an idle connection is kept: less than servers commonly allow (60 s and more), which then seldom close first.
KEEP_ALIVE_S = 55.0
# An upstream counts its keep-alive time from when it wrote the response, and a request takes its time to reach it.
KEEP_ALIVE_MARGIN_S = 1.0
# A failure of TLS is logged once in so long for each upstream; the metrics count all.
LOGGED_EVERY_S = 60.0
# A connection that was idle for so long may have been ended meanwhile; under load none is.
DOUBTED_AFTER_S = 0.1


class ConnectionPool:
    """One backend in use."""

    def __init__(self, upstream: Upstream, tasks: BackgroundTasks, dial_policy: DialPolicy) -> None:
        self.upstream = upstream
        self.tasks = tasks
        self._dial_policy = dial_policy
        # Why an address is refused, None for one that isn't; of the addresses that the upstream has now.
        self._verdicts: dict[str, SpecialUse | None] = {}
        self._dns_entries: dict[str, DnsEntry] = {}
        self._addresses: dict[tuple[str, str, int, tuple[str, ...]], Host] = {}
        self._scheduler: EdfScheduler | None = None
        self._is_closed = False
        self._logs_from = 0.0
        # With the certificate that the upstream is shown; all others are shared.
        self._context: ssl.SSLContext | None = None

    def change(self, upstream: Upstream) -> None:
        """Take up new settings; connections to addresses that are left, reached as before, stay."""
        if (upstream.backend.tls, upstream.client_certificate) != (
            self.upstream.backend.tls, self.upstream.client_certificate,
        ):  # fmt: skip
            self._drop_all()
            self._context = None
        self.upstream = upstream
        wanted = {endpoint.address for endpoint in upstream.endpoints}
        self._dns_entries = {host: name for host, name in self._dns_entries.items() if host in wanted}
        self._scheduler = None

    def next_host(self, now: float, tried: Collection[Host] = ()) -> Host | None:
        """The address whose turn it is; None while no name has been resolved."""
        for name in self._dns_entries.values():
            name.refresh()
        if self._scheduler is None:
            self._scheduler = self._make_scheduler()
        return self._scheduler.next(now, tried) if self._scheduler else None

    @property
    def has_several_hosts(self) -> bool:
        """Whether there is another address where one does not answer."""
        return len(self._addresses) > 1

    def idle_connection(self, address: Host, now: float) -> UpstreamConnection | None:
        """A connection to the address that can be used at once."""
        while address.idle:
            connection = address.idle.pop()
            is_young = now - connection.idle_since < DOUBTED_AFTER_S
            is_open = now < connection.idle_until and not connection.transport.is_closing()
            if is_open and (is_young or not connection.has_ended):
                return connection
            connection.abort()
        return None

    async def connect(self, address: Host | None, tried: list[Host]) -> UpstreamConnection:
        """Make a new connection, to the given address or the next one, and add that to `tried`.

        Raises OSError, TimeoutError among them.
        """
        loop = asyncio.get_running_loop()
        timeout_s = self.upstream.backend.connect_timeout_ms / 1000
        address = address or self.next_host(loop.time(), tried)
        if address is None and not self._refused:
            async with asyncio.timeout(timeout_s):
                await self._resolve()
            address = self.next_host(loop.time(), tried)
        if address is None:
            raise AddressRefused(self._refused) if self._refused else OSError("no address to connect to")
        tried.append(address)
        try:
            async with asyncio.timeout(timeout_s):
                connection = await self._open(address)
                if not connection.is_open:
                    raise ConnectionResetError("closed as soon as it was open")
        except OSError as error:
            address.failed(loop.time())
            self._log(error, address, loop.time())
            raise
        address.succeeded()
        return connection

    @property
    def _refused(self) -> str:
        """Which addresses are refused, and why; "" for none."""
        return ", ".join(f"{host} ({use})" for host, use in self._verdicts.items() if use)

    def _log(self, error: OSError, address: Host, now: float) -> None:
        """Log a failure of TLS in OpenSSL's own words, now and then: each request meets it again."""
        said = tls_failure(error)
        if said and now >= self._logs_from:
            self._logs_from = now + LOGGED_EVERY_S
            kind = connect_failure(error)
            log.warning(
                "TLS to an upstream failed", upstream=self.upstream.id, address=str(address), kind=kind, error=said
            )

    async def _resolve(self) -> None:
        """Wait until one of the names has an address; the others may come later."""
        names = [self._dns_entry(endpoint) for endpoint in self.upstream.endpoints if not is_address(endpoint.address)]
        asking = {name.ask() for name in names}
        while asking and not any(name.known for name in names):
            _, asking = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)

    async def _open(self, address: Host) -> UpstreamConnection:
        if not address.alternatives:
            return await self._open_at(address, address.host)
        addresses = (address.host, *address.alternatives)
        connection = await first_to_open(addresses, partial(self._open_at, address))
        # The family that answered is asked first the next time.
        address.host = next(it for it in addresses if address.at(it) == connection.address)
        address.alternatives = tuple(it for it in addresses if it != address.host)
        return connection

    async def _open_at(self, address: Host, host: str) -> UpstreamConnection:
        loop = asyncio.get_running_loop()
        tls = self.upstream.backend.tls
        context = None if tls is None else await self._client_context(tls)
        try:
            _, connection = await loop.create_connection(
                lambda: UpstreamConnection(address.at(host)),
                host,
                address.port,
                ssl=context,
                server_hostname=tls.server_name if tls is not None else None,
            )
        except ssl.SSLError:  # a refused certificate is a ValueError too
            raise
        except ValueError as error:
            raise OSError("the upstream's name is not one that TLS can ask for") from error
        connection.host = address
        return connection

    async def _client_context(self, tls: UpstreamTLS) -> ssl.SSLContext:
        loop, certificate = asyncio.get_running_loop(), self.upstream.client_certificate
        if certificate is None:
            return await loop.run_in_executor(None, client_context, tls)
        if self._context is not None:
            return self._context
        context = await loop.run_in_executor(None, context_with_certificate, tls, certificate)
        if self.upstream.client_certificate is certificate and self.upstream.backend.tls == tls:
            self._context = context
        return context

    def keep(self, connection: UpstreamConnection, now: float) -> None:
        """Keep a connection for the next request, if its address still counts."""
        connection.release()
        if self._is_closed or connection.host is None:
            connection.abort()
            return
        keep_ms = self.upstream.backend.keep_alive_ms
        keep_s = KEEP_ALIVE_S if keep_ms is None else keep_ms / 1000
        said_s = connection.keep_alive_s
        if said_s is not None:
            keep_s = min(keep_s, max(said_s - KEEP_ALIVE_MARGIN_S, said_s / 2))
        connection.idle_since, connection.idle_until = now, now + keep_s
        connection.host.keep(connection, now)

    def close_old(self, now: float) -> None:
        """Close connections that have been idle for long."""
        for address in self._addresses.values():
            old = [connection for connection in address.idle if connection.idle_until <= now]
            for connection in old:
                address.idle.remove(connection)
                connection.abort()

    def close(self) -> None:
        """Close idle connections, and keep none that is returned: the backend is gone."""
        self._is_closed = True
        self._drop_all()

    def _drop_all(self) -> None:
        for address in self._addresses.values():
            address.drop()
        self._addresses.clear()

    def _dns_entry(self, endpoint: Endpoint) -> DnsEntry:
        name = self._dns_entries.get(endpoint.address)
        if name is None:
            name = self._dns_entries[endpoint.address] = DnsEntry(endpoint.address, self.tasks, self._reschedule)
        return name

    def _addresses_of(
        self, endpoint: Endpoint, verdicts: dict[str, SpecialUse | None]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The IP addresses of an endpoint, and those of other families, which are used in place of them."""
        if is_address(endpoint.address):
            hosts = self._allowed(endpoint, (endpoint.address,), verdicts)
            alternatives = self._allowed(endpoint, tuple(filter(is_address, endpoint.alternatives)), verdicts)
        else:
            name = self._dns_entry(endpoint)
            hosts = self._allowed(endpoint, name.known, verdicts)
            alternatives = self._allowed(endpoint, name.alternatives, verdicts)
        return (hosts, alternatives) if hosts else (alternatives, ())

    def _allowed(
        self, endpoint: Endpoint, hosts: tuple[str, ...], verdicts: dict[str, SpecialUse | None]
    ) -> tuple[str, ...]:
        """Those of the IP addresses that may be connected to; each is judged, and reported, once."""
        for host in hosts:
            use = self._verdicts[host] = verdicts[host] if host in verdicts else self._dial_policy.refuses(host)
            if use and host not in verdicts:
                fields = {"upstream": self.upstream.id, "endpoint": endpoint.address, "address": host, "use": use}
                log.warning("upstream address refused, which --allowed-upstreams would allow", **fields)
        return tuple(host for host in hosts if not self._verdicts[host])

    def _reschedule(self) -> None:
        self._scheduler = None

    def _make_scheduler(self) -> EdfScheduler | None:
        """Put all addresses of all endpoints in turn; None while no name has ever been resolved."""
        before, self._addresses = self._addresses, {}
        verdicts, self._verdicts = self._verdicts, {}
        for endpoint in self.upstream.endpoints:
            hosts, alternatives = self._addresses_of(endpoint, verdicts)
            for number, host in enumerate(hosts):
                others = alternatives[number % (len(alternatives) or 1) :: len(hosts)]
                key = (endpoint.address, host, endpoint.port, others)
                # An endpoint's share is its own, however many addresses its name has; one that is there twice has two.
                share = endpoint.weight / len(hosts)
                if key in self._addresses:
                    self._addresses[key].weight += share
                    continue
                address = before.pop(key) if key in before else Host(*key[:3], share, others)
                address.weight = share
                self._addresses[key] = address
        for gone in before.values():
            gone.drop()
        return EdfScheduler(tuple(self._addresses.values())) if self._addresses else None


class PoolManager:
    """The backends that have been asked for, by id."""

    def __init__(self, tasks: BackgroundTasks, dial_policy: DialPolicy) -> None:
        self.tasks = tasks
        self._dial_policy = dial_policy
        self._pools: dict[str, ConnectionPool] = {}

    def get(self, upstream: Upstream) -> ConnectionPool:
        """The runtime of a backend, made when it is first needed."""
        pool = self._pools.get(upstream.backend.id)
        if pool is None:
            pool = self._pools[upstream.id] = ConnectionPool(upstream, self.tasks, self._dial_policy)
        return pool

    def adopt(self, table: RoutingTable) -> None:
        """Follow a new table: what is unchanged goes on as it was."""
        for id_, pool in list(self._pools.items()):
            upstream = table.upstreams.get(id_)
            if upstream is None:
                self._pools.pop(id_).close()
            elif upstream != pool.upstream:
                pool.change(upstream)

    def close_old(self, now: float) -> None:
        """Close connections that have been idle for long."""
        for pool in self._pools.values():
            pool.close_old(now)

    def close(self) -> None:
        """Close everything that is idle."""
        for pool in self._pools.values():
            pool.close()
