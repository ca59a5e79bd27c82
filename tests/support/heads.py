"""Request heads and tables for tests of the decision, and what came of them in words."""

from __future__ import annotations

from typing import Any

from cases import Request, Token
from manifests import SECRET, compiled, consumer, credential, route, secret, service
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.outcome import Forward
from postern_dataplane.decision.verification_cache import NullCache
from postern_dataplane.http1.request_writer import request_bytes
from postern_dataplane.request.field_layout import Fields, taken_apart
from postern_dataplane.request.head import RequestHead
from postern_dataplane.table.routing_table import RoutingTable, build_table
from postern_dataplane.table.table_settings import TableSettings, proxy_trust
from tokens import mint

NOW_S = 1_900_000_000.0
HOST = "app.example.com"

# A Service of app.example.com, of which everything wants a token of alice.
PROTECTED = (service(), route(auth={"jwt": {}}), consumer(), credential(), secret())


def head(target: str = "/", *fields: tuple[str | bytes, str | bytes], host: str | None = HOST, **more: Any) -> Any:
    """A head with these header fields after Host; the rest is plain, or `more` says it."""
    lines = (*((("Host", host),) if host is not None else ()), *fields)
    plain: dict[str, Any] = {"method": "GET", "http_minor": 1, "peer": "192.0.2.1"}
    return head_with(tuple((_bytes(n), _bytes(v)) for n, v in lines), target=target, **(plain | more))


def head_with(headers: Fields, **more: Any) -> RequestHead:
    """A head with these header fields and no others; `more` is the rest of it."""
    layout, values = taken_apart(headers)
    return RequestHead(layout=layout, field_values=values, **more)


def head_of(request: Request, token: str) -> Any:
    """The head of a golden request, as the data port hands it over; it comes from loopback, as over HTTP."""
    fields = [(name, value.replace("{token}", token).encode()) for name, value in request.headers]
    return head(
        request.target.replace("{token}", token),
        *fields,
        host=request.host,
        method=request.method,
        peer="127.0.0.1",
        content_length=len(request.body) or None,
    )


def packet_of(head_: RequestHead) -> bytes:
    """The bytes of a head."""
    lines = b"".join(b"%b: %b\r\n" % field for field in head_.headers)
    return f"{head_.method} {head_.target} HTTP/1.1\r\n".encode() + lines + b"\r\n"


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")


def signed(
    *, header: dict[str, Any] | None = None, secret: str = SECRET, payload: str | None = None, **claims: Any
) -> str:
    """A token of alice; `payload` is JSON text instead of claims."""
    recipe = Token(secret=secret, header=header or {}, claims={"key": "alice"} | claims, payload=payload)
    return mint(recipe, NOW_S, {})


def bearer(token: str) -> tuple[str, str]:
    """The header field that carries a token."""
    return ("Authorization", f"Bearer {token}")


def table(*manifests: dict[str, Any], trusted: tuple[str, ...] = ()) -> RoutingTable:
    """The table of what these manifests compile to."""
    return build_table(compiled(*manifests).snapshot, "digest", TableSettings(proxy_trust(trusted)))


def protected(**jwt: Any) -> RoutingTable:
    """The table of `PROTECTED`, with this `auth.jwt`."""
    return table(service(), route(auth={"jwt": jwt}), *PROTECTED[2:])


def outcome(table_: RoutingTable, head_: RequestHead, now_s: float = NOW_S) -> str:
    """The reason of the refusal, "forwarded" where there is none."""
    decision = decide(head_, table_, NullCache(), now_s)
    return "forwarded" if isinstance(decision, Forward) else decision.denial.reason


def written(head_: RequestHead, forward: Forward) -> bytes:
    """The head that goes upstream, as HTTP/1.1."""
    return request_bytes(head_, forward.head)


def sent(table_: RoutingTable, head_: RequestHead, now_s: float = NOW_S) -> tuple[str, list[tuple[str, str]]]:
    """The target and the header fields that go upstream."""
    decision = decide(head_, table_, NullCache(), now_s)
    assert isinstance(decision, Forward), decision.denial.reason
    text = written(head_, decision)
    assert text.endswith(b"\r\n\r\n")
    start, *lines = text[:-4].decode("latin-1").split("\r\n")
    fields = [line.partition(": ") for line in lines]
    return start.split(" ")[1], [(name, value) for name, _, value in fields]
