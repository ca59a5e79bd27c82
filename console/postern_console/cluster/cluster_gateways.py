"""The gateways of a cluster: none is started from here, and requests are not sent to them."""

from __future__ import annotations

import asyncio

from postern_cli.running_gateways import RunningGateway
from postern_console.live.pods import LivePod


class ClusterGateways:
    """They run by themselves."""

    mistake = ""
    can_start = False
    every_s = 10.0

    async def running(self) -> tuple[RunningGateway, ...]:
        return ()

    async def pods(self) -> tuple[LivePod, ...]:
        return ()

    async def start(self, _: str) -> None:
        raise NotImplementedError

    async def run(self) -> None:
        await asyncio.Event().wait()
