"""Where targets meet Postern: every import from its packages, and from the tests' harness, is here.

The harness is public in the sense that it survives a restructuring: gateways as
processes, the decision by `heads`, the codec, the parser of manifests.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The harness lies beside the tests, which pytest puts on the path by itself.
sys.path.append(str(Path(__file__).parents[1] / "tests/support"))

import manifests
import raw
from data_port import Loop, Port
from gateway import DataPlane, open_to
from heads import HOST, bearer, head, outcome, protected, sent, signed, table
from postern_core.codec import CodecError, decode_index, decode_shard, encode_snapshot
from postern_core.parse import is_known, parse_manifest
from postern_dataplane.http1.request_head import RequestError, request_head
from postern_dataplane.http1.request_reader import RequestReader
from postern_dataplane.listener import ListenerConfig
from postern_dataplane.settings import Limits
from upstream import Exchange, Upstream

__all__ = [
    "HOST", "CodecError", "Exchange", "Limits", "ListenerConfig", "Port", "RequestError", "RequestReader", "Site",
    "Upstream", "bearer", "decode_index", "decode_shard", "encode_snapshot", "head", "is_known", "manifests",
    "opened_port", "opened_site", "outcome", "parse_manifest", "protected", "raw", "request_head", "sent", "signed",
    "table",
]  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A gateway with an open route and one below /closed that wants a token, and the upstream of both."""

    gateway: DataPlane
    upstream: Upstream

    def requests(self, content: bytes) -> list[int]:
        """Send bytes and a last request behind them; gives the status of each answer."""
        said = raw.everything(self.gateway.listen, content + raw.request("/", "Connection: close"))
        return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]


@contextmanager
def opened_site() -> Iterator[Site]:
    """A site for as long as the context lasts, which waits for no rest of a request."""
    closed = manifests.route("closed", paths=[{"type": "Prefix", "value": "/closed"}], auth={"jwt": {}})
    people = [manifests.consumer(), manifests.credential(), manifests.secret()]
    upstream = Upstream()
    try:
        with tempfile.TemporaryDirectory(prefix="postern-fuzz-") as folder:
            gateway = DataPlane(Path(folder) / "it", "--header-timeout", "200ms")
            try:
                gateway.serve([*open_to(upstream.address, timeouts={"idle": "200ms"}), closed, *people])
                yield Site(gateway, upstream)
            finally:
                gateway.close()
    finally:
        upstream.close()


@contextmanager
def opened_port(*served: dict[str, Any]) -> Iterator[Port]:
    """A gateway without sockets that serves these manifests, for as long as the context lasts."""
    loop = Loop()
    try:
        port = Port(loop)
        port.active_table.swap(table(*served), 0.0)
        yield port
        loop.run_until_complete(port.gateway.close())
    finally:
        loop.close()
