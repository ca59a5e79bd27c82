"""The table: a snapshot made ready to decide about requests.

Each is made of the one before it and of what has changed, the first of an empty
one; what is the same in both is the same object.  That happens off the event
loop; then the table is swapped in.  It holds no state of requests: all that is
remembered in it is what a pure function returns for a row.

What is made anew, beside what has changed itself:

- an upstream with its backend, its endpoints or its client certificate;
- an issuer's row with its consumer;
- a policy's row with its anonymous consumer or one of its issuers;
- a credential's row with its consumer;
- responses with their entry;
- the names of all certificates with one of these;
- a route's row with its policy's row, one of its upstreams or its responses;
- all ports with one listener.
"""

from __future__ import annotations

from collections.abc import Callable

from postern_core.codec import SECTIONS
from postern_core.snapshot import Route, Snapshot
from postern_core.snapshot_certificates import Certificate
from postern_core.snapshot_filters import BackendFilter
from postern_dataplane.jwt.logged_claims import LoggedClaims
from postern_dataplane.listener import ListenerPort, ports_of

from .compiled import CompiledPolicy, CompiledRoute, anonymous_id
from .compiled_credential import CompiledCredential
from .copy_on_write import with_regrouped
from .diff import NO_ENTRIES, SectionDiff, SnapshotDiff, derive, diff_snapshot, ordered_ids
from .host_certificates import NO_CERTIFICATES, HostCertificates
from .issuers import CompiledIssuer, CredentialName, credential_name
from .listener_hosts import ListenerHosts, RouteChanges, with_listener_hosts
from .own_responses import CompiledResponses, Unrouted, names_of
from .split import split_row
from .table_settings import DEFAULTS, TableSettings
from .upstream import Upstream
from .upstream import upstreams as upstreams_of
from .virtual_hosts import VirtualHost, VirtualHosts

__all__ = ["RoutingTable", "Upstream", "build_table"]


class RoutingTable:
    """All that a request is decided by; one that is just made holds nothing.

    `pods` is by how many pods rate limits are divided, 0 where that is not known.
    """

    __slots__ = (
        "certificates",
        "correlation",
        "credentials",
        "digest",
        "entries",
        "gateway",
        "hosts",
        "is_trusted_proxy",
        "issuers",
        "listener_hosts",
        "pods",
        "policies",
        "ports",
        "responses",
        "settings",
        "unrouted",
        "upstreams",
    )

    def __init__(self, settings: TableSettings = DEFAULTS) -> None:
        self.settings = settings
        # Each request asks for these two.
        self.is_trusted_proxy = settings.is_trusted_proxy
        self.correlation = settings.correlation
        self.digest = ""
        self.gateway = ""
        self.pods = 0
        self.entries = NO_ENTRIES
        self.upstreams: dict[str, Upstream] = {}
        self.policies: dict[str, CompiledPolicy] = {}
        self.credentials: dict[CredentialName, tuple[CompiledCredential, ...]] = {}
        self.responses: dict[str, CompiledResponses] = {}
        self.issuers: dict[str, CompiledIssuer] = {}
        self.hosts = VirtualHosts()
        self.listener_hosts: ListenerHosts = {}
        self.ports: dict[int, ListenerPort] = {}
        self.unrouted = Unrouted()
        self.certificates: HostCertificates = NO_CERTIFICATES

    @property
    def routes(self) -> int:
        """How many there are."""
        return len(self.entries["routes"])

    def serves(self, label: str) -> bool:
        """Whether a route with this label is served: one of a Route or an Ingress, or what refuses hosts."""
        routes = self.entries["routes"]
        return f"Route/{label}" in routes or f"Service/{label}" in routes or f"Ingress/{label}" in routes

    def with_changes(self, diff: SnapshotDiff, *, gateway: str, digest: str, pods: int = 0) -> RoutingTable:
        """The table of what these sections are now; raises KeyError where a route's policy is not there."""
        new = RoutingTable(self.settings)
        new.digest, new.gateway, new.pods, new.entries = digest, gateway, pods, diff.entries
        upstreams = upstreams_of(self.upstreams, diff)
        issuers = _issuers(self.issuers, diff)
        policies = _policies(self.policies, diff, issuers, self.settings.logged_claims)
        new.upstreams, new.policies, new.issuers = upstreams.now, policies.now, issuers.now
        new.credentials = _credentials(self.credentials, diff)
        certificates = diff.certificates
        new.certificates = HostCertificates(certificates.now.values()) if certificates.changed else self.certificates
        responses = _responses(self.responses, diff)
        new.responses, new.unrouted = responses.now, self.unrouted.with_changes(responses)

        def is_concerned(route: Route) -> bool:
            return (
                route.policy in policies.changed
                or route.backend in upstreams.changed
                or any(ref.backend in upstreams.changed for ref in route.backends)
                or any(ref.backend in upstreams.changed for ref in route.mirrors)
                or route.responses in responses.changed
            )

        is_any = policies.changed or upstreams.changed or responses.changed
        changes = _changes(diff.routes, is_concerned if is_any else None, new._row)
        new.hosts = self.hosts.with_changes(*changes.everywhere)
        new.listener_hosts = with_listener_hosts(self.listener_hosts, new.hosts, changes)
        new.ports = ports_of(diff.listeners.now.values()) if diff.listeners.changed else self.ports
        return new

    def certificate_of(self, name: str) -> Certificate | None:
        """The certificate of the snapshot for a host in lower case, None where that is left to the gateway's own."""
        return None if self.certificates is NO_CERTIFICATES else self.certificates.find(name, self._owner_of(name))

    def _owner_of(self, host: str) -> str | None:
        """The namespace of the most specific host, at whichever port: a client is shown a certificate before that."""
        for name in names_of(host) if self.listener_hosts else ():
            for attached in self.listener_hosts.values():
                # These have the hosts of the whole table too.
                if attached.hosts.has(name, host) and (found := attached.hosts.find(host)):
                    return found.namespace
        routes = self.hosts.find(host)
        return routes.namespace if routes else None

    def is_misdirected(self, server_name: str, host: str) -> bool:
        """Whether a host's requests may not come on a connection that was opened for this name (SNI).

        Each was to be shown another certificate, or one of them the gateway's own, and that of the name is not the
        host's too.
        """
        if self.certificates is NO_CERTIFICATES:
            return False
        shown, due = self.certificate_of(server_name), self.certificate_of(host)
        if shown is due:
            return False
        return (
            shown is None
            or due is None
            or shown.namespace != due.namespace
            or not self.certificates.covers(shown, host)
        )

    def virtual_host(self, port: ListenerPort | None, host: str) -> VirtualHost | None:
        """The routes of a host at a port, None for one of the process's settings: of its most specific listener."""
        if port is None:
            return self.hosts.find(host)
        listener = port.listener_of(host)
        if listener is None:
            return None
        attached = self.listener_hosts.get(listener.id)
        return (self.hosts if attached is None else attached.hosts).find(host)

    def _row(self, route: Route) -> CompiledRoute:
        own = self.responses.get(route.responses) if route.responses is not None else None
        policy, responses = _policy_of(route, self.policies), None if own is None else own.own

        def row_for(upstream: Upstream | None, filters: tuple[BackendFilter, ...] = ()) -> CompiledRoute:
            return CompiledRoute(route, policy, upstream, self.settings.body_bytes_max, responses, of_backend=filters)

        if route.backends or route.mirrors:
            row, split = split_row(route, self.upstreams, row_for)
            row.split = split
            return row
        return row_for(self.upstreams.get(route.backend))


def build_table(snapshot: Snapshot, digest: str, settings: TableSettings = DEFAULTS) -> RoutingTable:
    """The table of a whole snapshot; raises for one that contradicts itself."""
    diff = diff_snapshot(NO_ENTRIES, {}, {name: getattr(snapshot, name) for name in SECTIONS})
    return RoutingTable(settings).with_changes(diff, gateway=snapshot.gateway, digest=digest)


def _issuers(before: dict[str, CompiledIssuer], diff: SnapshotDiff) -> SectionDiff[CompiledIssuer]:
    issuers, consumers = diff.issuers, diff.consumers

    def make(id_: str) -> CompiledIssuer | None:
        entry = issuers.now.get(id_)
        consumer = consumers.now.get(entry.consumer) if entry and entry.consumer else None
        return CompiledIssuer(entry, consumer) if entry else None

    changed = issuers.changed
    if consumers.changed:
        changed = ordered_ids(changed, (it.id for it in issuers.now.values() if it.consumer in consumers.changed))
    return derive(before, changed, make)


def _policies(
    before: dict[str, CompiledPolicy],
    diff: SnapshotDiff,
    issuers: SectionDiff[CompiledIssuer],
    logged: LoggedClaims | None,
) -> SectionDiff[CompiledPolicy]:
    policies, consumers = diff.policies, diff.consumers

    def make(id_: str) -> CompiledPolicy | None:
        entry = policies.now.get(id_)
        return CompiledPolicy(entry, consumers.now, issuers.now, logged) if entry else None

    changed = policies.changed
    if consumers.changed:
        changed = ordered_ids(changed, (it.id for it in policies.now.values() if anonymous_id(it) in consumers.changed))
    if issuers.changed:
        named = issuers.changed
        changed = ordered_ids(
            changed, (it.id for it in policies.now.values() if not named.isdisjoint(it.token_issuers))
        )
    return derive(before, changed, make)


def _responses(before: dict[str, CompiledResponses], diff: SnapshotDiff) -> SectionDiff[CompiledResponses]:
    now = diff.responses.now
    return derive(before, diff.responses.changed, lambda id_: CompiledResponses(now[id_]) if id_ in now else None)


def _credentials(
    before: dict[CredentialName, tuple[CompiledCredential, ...]], diff: SnapshotDiff
) -> dict[CredentialName, tuple[CompiledCredential, ...]]:
    """The credentials by what names them, in the order in which they are tried; none that lacks its consumer."""
    credentials, consumers = diff.credentials, diff.consumers
    changed = credentials.changed
    if consumers.changed:
        changed = ordered_ids(changed, (it.id for it in credentials.now.values() if it.consumer in consumers.changed))
    removed = [it for id_ in changed if (it := credentials.before.get(id_))]
    added = [it for id_ in changed if (it := credentials.now.get(id_)) and it.consumer in consumers.now]
    return with_regrouped(
        before,
        ((credential_name(entry), entry.id) for entry in removed),
        ((credential_name(entry), CompiledCredential(entry, consumers.now[entry.consumer])) for entry in added),
        _order,
    )


def _order(row: CompiledCredential) -> tuple[int, str, str, str, str]:
    """Sorts the credential that was seen first with the key to the front, then the oldest."""
    entry = row.entry
    return (entry.since, entry.created or "~", entry.namespace, entry.name, entry.id)


def _changes(
    routes: SectionDiff[Route], is_concerned: Callable[[Route], bool] | None, row: Callable[[Route], CompiledRoute]
) -> RouteChanges:
    """A new row for each route that has changed, or that is concerned by another change."""
    changed = routes.changed
    if is_concerned is not None:
        changed = ordered_ids(changed, (it.id for it in routes.now.values() if is_concerned(it)))
    removed = [it for id_ in changed if (it := routes.before.get(id_))]
    return RouteChanges(removed, [row(it) for id_ in changed if (it := routes.now.get(id_))])


def _policy_of(entry: Route, policies: dict[str, CompiledPolicy]) -> CompiledPolicy | None:
    """The policy that a route names; one that is named and not there fails the whole table, never opens the route."""
    return None if entry.policy is None else policies[entry.policy]
