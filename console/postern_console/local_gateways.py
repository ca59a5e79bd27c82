"""The gateways that serve the folders: those of `postern run`, and those that the console starts and ends itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from postern_cli.main import describe
from postern_cli.run import ALLOWED_UPSTREAMS
from postern_cli.running_gateways import RunningGateway, running_gateways
from postern_cli.session import Session, SessionSettings
from postern_core.link.shares import DEFAULT_SHARE, Share
from postern_operator.errors import OperatorError
from postern_operator.local.generated_secrets import state_folder

from .live.local_pods import pods_of_gateways
from .live.pods import LivePod

# Ports that the system chooses are free.
ARGUMENTS = ("--listen=127.0.0.1:0", "--admin=127.0.0.1:0", f"--allowed-upstreams={ALLOWED_UPSTREAMS}")
START_S, LOOK_EVERY_S = 20.0, 0.05


class LocalGateways:
    """What is known of them is asked anew each time."""

    can_start = True
    every_s = 2.0

    def __init__(
        self, folders: tuple[Path, ...], digest_of: Callable[[str], Awaitable[str]], share: Share = DEFAULT_SHARE
    ) -> None:
        self._folders = folders
        self._digest_of = digest_of
        self._share = share
        self._wanted: asyncio.Queue[str] = asyncio.Queue()
        # Those that were started here and have not ended: each once, however often its button is pressed.
        self._begun: set[str] = set()
        # Why the last that was started here has ended, "" as long as it has not.
        self.mistake = ""

    async def running(self) -> tuple[RunningGateway, ...]:
        return await asyncio.to_thread(running_gateways, state_folder(self._folders))

    async def pods(self) -> tuple[LivePod, ...]:
        """Each gateway, with the snapshot that the folders make now."""
        return await pods_of_gateways(await self.running(), self._expected)

    async def _expected(self, gateway: RunningGateway) -> str:
        """The digest that a gateway should serve; "" where its run has other options than the console."""
        own = SessionSettings(self._folders, gateway.gateway, ARGUMENTS, self._share).compiled_with
        return await self._digest_of(gateway.gateway) if gateway.compiled_with == own else ""

    async def start(self, gateway: str) -> None:
        """Start one that does not run yet, and return when it serves, or can't; `mistake` says why."""
        if await self._serves(gateway):
            return
        self.mistake = ""
        if gateway not in self._begun:
            self._begun.add(gateway)
            self._wanted.put_nowait(gateway)
        for _ in range(int(START_S / LOOK_EVERY_S)):
            if self.mistake or await self._serves(gateway):
                return
            await asyncio.sleep(LOOK_EVERY_S)

    async def run(self) -> None:
        """Serve what is to be started, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._serve(await self._wanted.get()))

    async def _serve(self, gateway: str) -> None:
        session = Session(SessionSettings(self._folders, gateway, ARGUMENTS, self._share))
        try:
            status = await session.run(hears_signals=False)
            self.mistake = f"The gateway {gateway} has ended with status {status}; the terminal says why."
        except OperatorError as error:
            self.mistake = f"The gateway {gateway} can't be started: {error}"
        except Exception as error:  # noqa: BLE001 # the console goes on, and the page says what has ended
            self.mistake = f"The gateway {gateway} has ended: {describe(error)}"
        finally:
            self._begun.discard(gateway)

    async def _serves(self, gateway: str) -> bool:
        return any(it.gateway == gateway for it in await self.running())
