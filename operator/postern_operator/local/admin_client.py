"""What a data plane serves, asked at its admin port: only that makes an object `Programmed`."""

from __future__ import annotations

import asyncio
import contextlib
import http.client

from postern_core.admin_api import ANSWER_BYTES_MAX, ANSWER_TIMEOUT_S, CONFIG_PATH, served_digest_of


async def served_digest(host: str, port: int) -> str | None:
    """Return the digest of the snapshot that every worker serves, None when there is none or no answer."""
    return await asyncio.to_thread(_ask, host, port)


def _ask(host: str, port: int) -> str | None:
    with contextlib.closing(http.client.HTTPConnection(host, port, timeout=ANSWER_TIMEOUT_S)) as connection:
        try:
            connection.request("GET", CONFIG_PATH)
            return served_digest_of(connection.getresponse().read(ANSWER_BYTES_MAX))
        except (OSError, http.client.HTTPException):
            return None
