"""Asks the data-plane pods which snapshot they serve: only that makes an object `Programmed`.

The operator asks, because a pod that could tell would need rights to write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import aiohttp

from postern_core.admin_api import ANSWER_BYTES_MAX, ANSWER_TIMEOUT_S, CONFIG_PATH, served_digest_of
from postern_core.endpoint_slices import address_of, is_ready, one_family, port_named
from postern_core.parse import Parsed, is_a
from postern_core.resources.kubernetes import SERVICE_NAME_LABEL, EndpointSlice
from postern_operator.cluster.watch.references import ADMIN_SERVICE

ADMIN_PORT_NAME = "admin"

ASKED_AT_ONCE = 32


@dataclass(frozen=True, slots=True, order=True)
class AdminEndpoint:
    """The admin port of one pod."""

    address: str
    port: int

    @property
    def url(self) -> str:
        is_ipv6 = ":" in self.address
        return f"http://{f'[{self.address}]' if is_ipv6 else self.address}:{self.port}{CONFIG_PATH}"


def ready_endpoints(objects: Iterable[Parsed], namespace: str) -> tuple[AdminEndpoint, ...]:
    """The admin ports of all ready data-plane pods of a gateway, from the EndpointSlices among the objects."""
    slices = [
        parsed.resource for parsed in objects if is_a(parsed, EndpointSlice) and parsed.ref.namespace == namespace
    ]
    slices = [it for it in slices if it.metadata.labels.get(SERVICE_NAME_LABEL) == ADMIN_SERVICE]
    return tuple(sorted({admin for it in one_family(slices) for admin in _admins_of(it)}))


def admin_session() -> aiohttp.ClientSession:
    """A client for `served_digests`: no proxy of the environment, no cookies, few connections; closed by its owner."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=ASKED_AT_ONCE),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S),
        trust_env=False,
    )


async def served_digests(
    admins: Iterable[AdminEndpoint], session: aiohttp.ClientSession
) -> dict[AdminEndpoint, str | None]:
    """What each pod serves; None where its workers differ, or it does not answer in time."""
    admins = tuple(admins)
    gate = asyncio.Semaphore(ASKED_AT_ONCE)
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(_ask(admin, session, gate)) for admin in admins]
    return dict(zip(admins, (task.result() for task in asked), strict=True))


def _admins_of(it: EndpointSlice) -> Iterable[AdminEndpoint]:
    port = port_named(it, ADMIN_PORT_NAME)
    for endpoint in it.endpoints or ():
        address = address_of(endpoint)
        if port is not None and address is not None and is_ready(endpoint):
            yield AdminEndpoint(address, port)


async def _ask(admin: AdminEndpoint, session: aiohttp.ClientSession, gate: asyncio.Semaphore) -> str | None:
    async with gate:
        try:
            async with session.get(admin.url, allow_redirects=False) as answer:
                content = await answer.content.read(ANSWER_BYTES_MAX)
                while not answer.content.at_eof() and len(content) < ANSWER_BYTES_MAX:
                    content += await answer.content.read(ANSWER_BYTES_MAX - len(content))
            if answer.status != 200:
                return None
            return served_digest_of(content)
        except (TimeoutError, aiohttp.ClientError, OSError):
            return None
