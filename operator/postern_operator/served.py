"""What a data plane serves, asked at its admin port: only that makes an object `Programmed`."""

from __future__ import annotations

import asyncio
import contextlib
import http.client

import msgspec

ANSWER_TIMEOUT_S = 2.0
ANSWER_BYTES_MAX = 2**20


class _Config(msgspec.Struct, frozen=True):
    """What of the answer matters: the digest that all workers serve, None while they differ."""

    digest: str | None


async def served_digest(host: str, port: int) -> str | None:
    """The digest of the snapshot that every worker serves, None when there is none or nobody answers."""
    return await asyncio.to_thread(_ask, host, port)


def _ask(host: str, port: int) -> str | None:
    with contextlib.closing(http.client.HTTPConnection(host, port, timeout=ANSWER_TIMEOUT_S)) as connection:
        try:
            connection.request("GET", "/config")
            answer = connection.getresponse().read(ANSWER_BYTES_MAX)
            return msgspec.json.decode(answer, type=_Config).digest
        except (OSError, http.client.HTTPException, msgspec.MsgspecError, UnicodeDecodeError):
            return None
