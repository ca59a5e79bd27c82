"""What a client may ask of the gateway before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds; why these defaults is told in `settings`."""

    max_connections: int = 8_000
    connection_memory_bytes: int = 128 * 2**20
    header_timeout_s: float = 10.0
    idle_timeout_s: float = 60.0
    max_request_line_bytes: int = 8_192
    max_header_line_bytes: int = 16_384
    max_headers_bytes: int = 65_536
    max_headers: int = 100
