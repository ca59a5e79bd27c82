"""The pods of gateways on this machine: their admin ports are asked directly."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Sequence

import aiohttp

from postern_cli.running_gateways import RunningGateway
from postern_core.admin_api import ANSWER_TIMEOUT_S, CONFIG_PATH

from .pods import LivePod, pod_of

# As large as the metrics of some ten thousand routes.
METRICS_BYTES_MAX = 16 * 1024 * 1024


async def pods_of_gateways(
    gateways: Sequence[RunningGateway], digest_of: Callable[[RunningGateway], Awaitable[str]]
) -> tuple[LivePod, ...]:
    """Ask each gateway what it serves; `digest_of` says what a gateway should serve."""
    # No proxy of the environment stands between programs of one machine.
    expected = [await digest_of(one) for one in gateways]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ANSWER_TIMEOUT_S), trust_env=False) as session:
        return tuple(await asyncio.gather(*map(_pod, [session] * len(gateways), gateways, expected)))


async def _pod(session: aiohttp.ClientSession, gateway: RunningGateway, expected: str) -> LivePod:
    try:
        config = await _get(session, f"{gateway.admin_url}{CONFIG_PATH}")
        metrics = await _get(session, f"{gateway.admin_url}/metrics")
    except (aiohttp.ClientError, TimeoutError):
        unknown = f"its admin port {gateway.admin} gives no answer"
        return LivePod(gateway.gateway, gateway.listen, unknown=unknown, url=gateway.url)
    read = functools.partial(pod_of, expected=expected, url=gateway.url)
    return await asyncio.to_thread(read, gateway.gateway, gateway.listen, config, metrics)


async def _get(session: aiohttp.ClientSession, url: str) -> bytes:
    async with session.get(url, allow_redirects=False) as answer:
        content = bytearray()
        while len(content) < METRICS_BYTES_MAX and (part := await answer.content.read(2**16)):
            content += part
        return bytes(content)
