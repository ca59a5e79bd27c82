"""The request head for the upstream: the client's fields, cleaned, and those of the gateway.

Who a client is and how a message is framed is said by the gateway alone, so
every spelling of such a field that the client sent is dropped.  What is
remembered here is what pure functions return.
"""

from __future__ import annotations

import re
from functools import lru_cache

from postern_core.paths import after_prefix
from postern_dataplane.request.correlation import Correlation
from postern_dataplane.request.field_layout import CANONICAL, Fields
from postern_dataplane.request.head import RequestHead, UpstreamHead, field_lines
from postern_dataplane.request.target import Target
from postern_dataplane.request.tls_session import TlsSession
from postern_dataplane.table.compiled import CompiledPolicy, CompiledRoute
from postern_dataplane.table.identity_headers import Identity
from postern_dataplane.table.removed_headers import FORWARDED_HEADERS

from .token_extraction import elements_without, query_without


def upstream_head(
    head: RequestHead,
    target: Target,
    row: CompiledRoute,
    identity: Identity | None,
    *,
    is_trusted: bool,
    correlation: Correlation | None = None,
) -> UpstreamHead:
    """The client's fields without what it may not send, the route's own, what the gateway says of it, and who calls."""
    removed = row.removed if is_trusted else row.removed_if_untrusted
    if correlation is not None and (dropped := correlation.dropped(head)):
        removed = _both(removed, dropped)
    layout, policy = head.layout, row.policy
    named = NONE if layout.connection is None else _named_by_connection(head)
    chosen = None
    if not is_trusted and not named:
        chosen = layout.goes_upstream(removed, NONE if policy is None else policy.stripped_in_part)
    if chosen is None:
        kept = field_lines(_cleaned(head, removed | named, policy, is_trusted=is_trusted))
    else:
        kept = chosen.lines(head.field_values)
    forwarded = _forwarded(head, target, row, is_trusted=is_trusted)
    who = b"" if identity is None else identity.lines
    authority = target.authority.encode("latin-1") if row.authority is None else row.authority
    return UpstreamHead(head.method, _target(target, row), authority, b"".join((kept, row.added, forwarded, who)))


def _cleaned(
    head: RequestHead, removed: frozenset[bytes], policy: CompiledPolicy | None, *, is_trusted: bool
) -> list[tuple[bytes, bytes]]:
    """The client's fields without those that are removed, where more than the name of one decides."""
    stripped, elements = (policy.stripped_headers, policy.stripped_elements) if policy is not None else (None, None)
    kept: list[tuple[bytes, bytes]] = []
    for name, field in zip(head.layout.compared, head.headers, strict=True):
        if name in removed:
            continue
        if name.startswith(b"x-forwarded-") if not is_trusted else _is_unbelieved(field, name):
            continue
        if stripped and field[0].lower() in stripped:
            continue
        if elements and name in elements:
            line = elements_without(name, elements[name], field[1])
            if line is None:
                continue
            field = (field[0], line)  # noqa: PLW2901
        kept.append(field)
    return kept


def _target(target: Target, row: CompiledRoute) -> str:
    path = row.whole_path
    if path is None:
        path = target.path[row.strip :] or row.root
        if target.unmerged and row.entry.keep_empty_segments:
            path = after_prefix(target.unmerged, row.stripped_prefix) or row.root
        path = row.path_prefix + path
    query = target.query
    if query is not None and row.policy is not None and row.policy.stripped_query:
        query = query_without(row.policy.stripped_query, query)
    return path if query is None else f"{path}?{query}"


def _named_by_connection(head: RequestHead) -> frozenset[bytes]:
    """RFC 9110, section 7.6.1: an intermediary MUST remove the fields that Connection names."""
    names: list[bytes] = []
    for place in head.layout.places.get(b"connection", ()):
        value = head.field_values[place]
        if value.lower() not in _USUAL:
            names += [CANONICAL[option.strip(b" \t")] for option in value.split(b",")]
    # But not what a proxy says of its client: the client could make it unsaid.
    return frozenset(names) - FORWARDED_HEADERS if names else NONE


def _is_unbelieved(field: tuple[bytes, bytes], name: bytes) -> bool:
    """Whether a field says nothing of a proxy's client, or in another spelling; the proxy may have let that pass."""
    is_forwarded = name in FORWARDED_HEADERS or name.startswith(b"x-forwarded-")
    return is_forwarded and (not field[1] or field[0].lower() != name)


NONE: frozenset[bytes] = frozenset()
# Of sets that belong to routes and to the table, of which there are a few; never of what a request names.
_both = lru_cache(maxsize=256)(frozenset.union)
_USUAL = frozenset({b"keep-alive", b"close", b"upgrade"})


def _forwarded(head: RequestHead, target: Target, row: CompiledRoute, *, is_trusted: bool) -> bytes:
    """What the gateway says of the client; what a trusted proxy has said of it stays. Lines, each ended."""
    scheme = "https" if head.is_tls else "http"
    port = "" if head.port is None else head.port.forwarded_port
    certificate = () if head.tls is None else _certificate(head.tls)
    if not is_trusted:
        lines = _forwarded_by_us(head.peer, scheme, target.authority, row.announced_prefix, port)
        return lines + field_lines(certificate) if certificate else lines
    said: dict[bytes, list[str]] = {}
    for name, value in head.headers:
        lowered = name.lower()
        if value and lowered in FORWARDED_HEADERS:
            said.setdefault(lowered, []).append(value.decode("latin-1"))
    chain = ", ".join(filter(None, [*said.pop(b"x-forwarded-for", ()), head.peer]))
    said_scheme = _first(said, b"x-forwarded-proto").lower()
    authority = _first(said, b"x-forwarded-host") or target.authority
    prefix = row.announced_prefix
    if prefix:
        # The proxy's own stands before ours, as it was taken off first.
        prefix = "".join(part.strip().rstrip("/") for part in said.pop(b"x-forwarded-prefix", ())) + prefix
    ours = _fields(chain, said_scheme if said_scheme in DEFAULT_PORTS else scheme, authority, prefix, port)
    ours += certificate
    return field_lines(field for field in ours if field[0].lower() not in said)


def _certificate(tls: TlsSession) -> Fields:
    """Which certificate the client has called by, as Envoy says it; no client can say it itself."""
    return ((b"X-Forwarded-Client-Cert", tls.client_certificate),) if tls.client_certificate else ()


def _first(said: dict[bytes, list[str]], name: bytes) -> str:
    """What the proxy next to the client has said, "" for nothing."""
    return said[name][0].partition(",")[0].strip() if name in said else ""


DEFAULT_PORTS = {"http": "80", "https": "443"}
_PORT = re.compile(r":([0-9]{1,5})\Z")


def _fields(chain: str, scheme: str, authority: str, prefix: str, listener_port: str) -> Fields:
    """What is said of a client; a field that would have no value is left out."""
    # The port that the client has connected to: a listener of the snapshot says which, others only know that of their
    # container, behind a Service, so that it is the one that the client has named.
    port = _PORT.search(authority)
    said = {
        "For": chain,
        "Proto": scheme,
        "Host": authority,
        "Port": listener_port or (port[1] if port else DEFAULT_PORTS[scheme]),
        "Prefix": prefix,
    }
    return tuple((f"X-Forwarded-{name}".encode(), value.encode("latin-1")) for name, value in said.items() if value)


# The same for every request of a connection to one host and service, and nothing in it is long.
@lru_cache(maxsize=4096)
def _forwarded_by_us(peer: str, scheme: str, authority: str, prefix: str, listener_port: str) -> bytes:
    return field_lines(_fields(peer, scheme, authority, prefix, listener_port))
