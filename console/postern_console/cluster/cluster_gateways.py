"""The gateways of a cluster: their pods are asked through the API server, as `kubectl postern status` asks them.

None is started from here, and no request is sent to one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from kubernetes.aio import client

from postern_cli.cluster.api_get import api_read
from postern_cli.cluster.installation import Published, admin_path, read_published
from postern_cli.cluster.pods import Pod
from postern_cli.errors import ClusterReadingError
from postern_cli.running_gateways import RunningGateway
from postern_console.live.pods import LivePod, pod_of
from postern_console.state import ConsoleState
from postern_core.admin_api import CONFIG_PATH, ServedConfig

from .session import Session

ASKED_AT_ONCE = 8


class ClusterGateways:
    """Those that Services name and, where no namespace was given, all that are published."""

    mistake = ""
    can_start = False
    # Each pod is three requests to the API server.
    every_s = 10.0

    def __init__(self, session: Session, namespace: str, state: Callable[[], Awaitable[ConsoleState]]) -> None:
        self._session = session
        self._namespace = namespace
        self._state = state

    async def running(self) -> tuple[RunningGateway, ...]:
        """None: where clients reach a gateway of a cluster is not known."""
        return ()

    async def pods(self) -> tuple[LivePod, ...]:
        """All pods, and a line for each gateway of which none is known; raises `ClusterReadingError`."""
        api = (await self._session.connection()).api
        names = (await self._state()).gateways
        found = await read_published(api, names, {}, with_others=not self._namespace, is_direct=False)
        gate = asyncio.Semaphore(ASKED_AT_ONCE)

        async def asked(published: Published, pod: Pod) -> LivePod:
            async with gate:
                return await _asked(api, published, pod)

        pods = await asyncio.gather(*(asked(published, pod) for published in found for pod in published.pods))
        return (*pods, *(_without_pods(published) for published in found if not published.pods))

    async def start(self, _: str) -> None:
        """Nothing is started in a cluster."""

    async def run(self) -> None:
        """Nothing runs here."""
        await asyncio.Event().wait()


async def _asked(api: client.ApiClient, published: Published, pod: Pod) -> LivePod:
    gateway, name = published.gateway, f"{published.namespace}/{pod.name or pod.address}"
    if pod.unknown:
        return LivePod(gateway, name, unknown=pod.unknown)
    if not pod.name:
        # An address that is no pod, which only `read_published` reaches.
        return LivePod(gateway, name, ServedConfig(pod.digest or None), expected=published.digest)
    try:
        config, _ = await api_read(api, admin_path(published.namespace, pod, CONFIG_PATH))
        metrics, _ = await api_read(api, admin_path(published.namespace, pod, "/metrics"))
    except ClusterReadingError as error:
        return LivePod(gateway, name, unknown=str(error))
    return await asyncio.to_thread(lambda: pod_of(gateway, name, config, metrics, expected=published.digest))


def _without_pods(published: Published) -> LivePod:
    unknown = published.unknown or published.pods_unknown
    unknown = unknown or ("no pod serves it" if published.digest else "nothing is published for it")
    return LivePod(published.gateway, published.namespace, unknown=unknown)
