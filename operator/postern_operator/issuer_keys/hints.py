"""Asks a data plane which issuers' tokens name unknown keys: one question at a time, held open until there are some."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence

import aiohttp

from postern_core.admin_api import (
    ANSWER_BYTES_MAX,
    UNKNOWN_KEYS_PATH,
    UNKNOWN_KEYS_WAIT_S,
    UnknownKeys,
    unknown_keys_of,
)
from postern_kit.backoff import Backoff

log = logging.getLogger("postern.issuer_keys")

CONNECT_TIMEOUT_S = 2.0
# A data plane under a flood of such tokens answers each question at once, as does one of which too many ask.
PAUSE_S = 1.0
RETRY_AT_MOST_S = 30.0

TIMEOUT = aiohttp.ClientTimeout(total=UNKNOWN_KEYS_WAIT_S + 5, sock_connect=CONNECT_TIMEOUT_S)


async def follow_hints(
    origins: Sequence[str], session: aiohttp.ClientSession, hint: Callable[[Collection[str]], None]
) -> None:
    """Call `hint` with the ids of issuers, until cancelled.

    `origins` are the addresses of one data plane's admin port, of which the first that answers is asked.
    """
    known = UnknownKeys(-1)
    backoff = Backoff(PAUSE_S, RETRY_AT_MOST_S)
    clock = asyncio.get_running_loop().time
    while True:
        asked_at_s = clock()
        answer = await _ask(origins, known.sequence, session)
        if answer is None:
            await asyncio.sleep(backoff.next_s())
            continue
        backoff.succeeded()
        # What was counted before the first question may never have been heard.
        if more := _more(answer, known):
            hint(more)
        if more or clock() - asked_at_s < PAUSE_S:
            await asyncio.sleep(PAUSE_S)
        known = answer


def _more(answer: UnknownKeys, known: UnknownKeys) -> frozenset[str]:
    """The issuers whose count has changed; after a restart of the data plane, it may be a smaller one."""
    return frozenset(issuer for issuer, count in answer.issuers.items() if count != known.issuers.get(issuer, 0))


async def _ask(origins: Iterable[str], after: int, session: aiohttp.ClientSession) -> UnknownKeys | None:
    """The answer of the first that gives one, None where none does."""
    query = f"?after={after}" if after >= 0 else ""
    for origin in origins:
        try:
            url = f"{origin}{UNKNOWN_KEYS_PATH}{query}"
            async with session.get(url, allow_redirects=False, timeout=TIMEOUT) as answer:
                content = bytearray()
                async for part in answer.content.iter_any():
                    content += part
                    if len(content) > ANSWER_BYTES_MAX:
                        return None
                return unknown_keys_of(bytes(content)) if answer.status == 200 else None
        except (TimeoutError, aiohttp.ClientError, OSError):
            continue
    return None
