"""The request head as the upstream gets it: the client's fields, cleaned, and ours.

Who a client is and how a message is framed is said by the gateway alone, so
every spelling of such a field that the client sent is dropped.
"""

from __future__ import annotations

from functools import lru_cache

from postern_core.header_names import canonical
from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.target import Target
from postern_dataplane.table.compiled import FORWARDED_HEADERS, CompiledRoute

from .token_extraction import cookie_without, query_without

# The names that clients use are few; strangers' inventions must not fill the memory.
NAMES_MAX = 4096
NAME_BYTES_MAX = 64
_canonical: dict[bytes, bytes] = {}


def canonical_name(name: bytes) -> bytes:
    """A field name in the form in which names are compared; remembered."""
    known = _canonical.get(name)
    if known is None:
        known = canonical(name.decode("latin-1")).encode("latin-1")
        if len(name) <= NAME_BYTES_MAX:
            if len(_canonical) >= NAMES_MAX:
                _canonical.clear()
            _canonical[name] = known
    return known


def upstream_head(head: RequestHead, target: Target, row: CompiledRoute, *, is_trusted: bool) -> tuple[bytes, bytes]:
    """What goes before the lines of identity, and after them: its blank line included, the whole head."""
    parts = [_request_line(head, target, row), row.host_line or b"Host: %b\r\n" % target.authority.encode("latin-1")]
    removed = row.removed if is_trusted else row.removed_if_untrusted
    names = [_canonical.get(name) or canonical_name(name) for name, _ in head.headers]
    if b"connection" in names:
        removed |= _named_by_connection(head)
    stripped = row.policy.stripped_headers if row.policy else None
    cookies = row.policy.stripped_cookies if row.policy else None
    for name, field in zip(names, head.headers, strict=True):
        if name in removed:
            continue
        if name.startswith(b"x-forwarded-") if not is_trusted else _is_disguised(field[0], name):
            continue
        if stripped and field[0].lower() in stripped:
            continue
        if cookies and name == b"cookie":
            line = cookie_without(cookies, field[1])
            if line is None:
                continue
            field = (field[0], line)  # noqa: PLW2901
        parts.append(b"%b: %b\r\n" % field)
    return b"".join(parts), _forwarded(head, target, is_trusted=is_trusted) + _framing(head)


def _request_line(head: RequestHead, target: Target, row: CompiledRoute) -> bytes:
    path = target.path[row.strip :] or "/"
    query = target.query
    if query is not None and row.policy is not None and row.policy.stripped_query:
        query = query_without(row.policy.stripped_query, query)
    line = (
        f"{head.method} {row.path_prefix}{path}" if query is None else f"{head.method} {row.path_prefix}{path}?{query}"
    )
    return line.encode("utf-8", "surrogateescape") + b" HTTP/1.1\r\n"


def _named_by_connection(head: RequestHead) -> frozenset[bytes]:
    """RFC 9110, section 7.6.1: an intermediary MUST remove the fields that Connection names."""
    names: list[bytes] = []
    for name, value in head.headers:
        if len(name) == 10 and name.lower() == b"connection" and value.lower() not in _USUAL:
            names += [canonical_name(option.strip(b" \t")) for option in value.split(b",")]
    # But not what a proxy says of its client: the client could make it unsaid.
    return frozenset(names) - FORWARDED_HEADERS if names else NONE


def _is_disguised(spelled: bytes, name: bytes) -> bool:
    """Whether a field is another spelling of what a proxy says of its client; the proxy may have let it pass."""
    return spelled.lower() != name and (name in FORWARDED_HEADERS or name.startswith(b"x-forwarded-"))


NONE: frozenset[bytes] = frozenset()
_USUAL = frozenset({b"keep-alive", b"close", b"upgrade"})


def _forwarded(head: RequestHead, target: Target, *, is_trusted: bool) -> bytes:
    """What we say of the client; a trusted proxy knows more, and its word stays."""
    scheme = "https" if head.is_tls else "http"
    if not is_trusted:
        return _forwarded_by_us(head.peer, scheme, target.authority, head.local_port)
    said: dict[bytes, list[str]] = {}
    for name, value in head.headers:
        lowered = name.lower()
        if lowered in FORWARDED_HEADERS:
            said.setdefault(lowered, []).append(value.decode("latin-1"))
    chain = [*said.get(b"x-forwarded-for", ()), head.peer]
    lines = f"X-Forwarded-For: {', '.join(chain)}\r\n"
    for field, ours in (("Proto", scheme), ("Host", target.authority), ("Port", str(head.local_port))):
        if f"x-forwarded-{field.lower()}".encode() not in said:
            lines += f"X-Forwarded-{field}: {ours}\r\n"
    return lines.encode("latin-1")


@lru_cache(maxsize=4096)
def _forwarded_by_us(peer: str, scheme: str, authority: str, port: int) -> bytes:
    """The same for every request of a connection to one host."""
    return (
        f"X-Forwarded-For: {peer}\r\nX-Forwarded-Proto: {scheme}\r\n"
        f"X-Forwarded-Host: {authority}\r\nX-Forwarded-Port: {port}\r\n"
    ).encode("latin-1")


def _framing(head: RequestHead) -> bytes:
    """How the body is framed, said by us, and the blank line."""
    lines = b""
    if head.chunked:
        lines = b"Transfer-Encoding: chunked\r\n"
    elif head.content_length is not None:
        lines = b"Content-Length: %d\r\n" % head.content_length
    if head.is_websocket:
        lines += b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    return lines + b"\r\n"
