"""Asks the data-plane pods which snapshot they serve: only that makes an object `Programmed`.

The operator asks, because a pod that could tell would need rights to write.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

import aiohttp

from postern_core.admin_api import ANSWER_BYTES_MAX, ANSWER_TIMEOUT_S, CONFIG_PATH, served_digest_of
from postern_core.endpoint_slices import destinations
from postern_core.parse import Parsed, is_a
from postern_core.resources.kubernetes import SERVICE_NAME_LABEL, EndpointSlice
from postern_operator.cluster.watch.references import ADMIN_SERVICE

ADMIN_PORT_NAME = "admin"

ASKED_AT_ONCE = 32


@dataclass(frozen=True, slots=True, order=True)
class AdminEndpoint:
    """The admin port of one pod; `alternatives` are its others, asked where the first is silent."""

    address: str
    port: int
    alternatives: tuple[str, ...] = ()

    @property
    def origins(self) -> tuple[str, ...]:
        hosts = (f"[{it}]" if ":" in it else it for it in (self.address, *self.alternatives))
        return tuple(f"http://{host}:{self.port}" for host in hosts)

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(f"{origin}{CONFIG_PATH}" for origin in self.origins)


def ready_endpoints(objects: Iterable[Parsed], namespace: str) -> tuple[AdminEndpoint, ...]:
    """The admin ports of all ready data-plane pods of a gateway, from the EndpointSlices among the objects."""
    slices = [
        parsed.resource for parsed in objects if is_a(parsed, EndpointSlice) and parsed.ref.namespace == namespace
    ]
    slices = [it for it in slices if it.metadata.labels.get(SERVICE_NAME_LABEL) == ADMIN_SERVICE]
    found, are_ready = destinations((it for it in slices if it.address_type != "FQDN"), ADMIN_PORT_NAME)
    return tuple(AdminEndpoint(*it) for it in found) if are_ready else ()


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


async def _ask(admin: AdminEndpoint, session: aiohttp.ClientSession, gate: asyncio.Semaphore) -> str | None:
    async with gate:
        for url in admin.urls:
            with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
                return await _served_digest(url, session)
    return None


async def _served_digest(url: str, session: aiohttp.ClientSession) -> str | None:
    async with session.get(url, allow_redirects=False) as answer:
        content = await answer.content.read(ANSWER_BYTES_MAX)
        while not answer.content.at_eof() and len(content) < ANSWER_BYTES_MAX:
            content += await answer.content.read(ANSWER_BYTES_MAX - len(content))
        return served_digest_of(content) if answer.status == 200 else None
