"""The address of a store of rate limits, as `--rate-limit-store` writes it."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import msgspec

PORT = 6379


class StoreAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where Redis or Valkey answers; its password is no part of it."""

    host: str
    port: int = PORT
    database: int = 0
    user: str = ""
    is_tls: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'rediss' if self.is_tls else 'redis'}://{host}:{self.port}/{self.database}"


def read_store_address(text: str) -> StoreAddress:
    """Read `redis://` or, with TLS, `rediss://[USER@]HOST[:PORT][/DATABASE]`; raises ValueError."""
    # What is wrong is never quoted: it may hold a password.
    mistake = ValueError("a store is redis://HOST:PORT/DATABASE, or rediss:// for TLS, with USER@ before the host")
    try:
        url = urlsplit(text)
        port = PORT if url.port is None else url.port
        database = int(url.path.strip("/") or "0") if url.path.isascii() else -1
    except ValueError:
        raise mistake from None
    if url.password is not None:
        raise ValueError("a store's address can be read by others: its password belongs in a file")
    is_plain = port and database >= 0 and not url.query and not url.fragment
    if url.scheme not in ("redis", "rediss") or not url.hostname or not is_plain:
        raise mistake
    return StoreAddress(
        host=url.hostname, port=port, database=database, user=unquote(url.username or ""), is_tls=url.scheme == "rediss"
    )
