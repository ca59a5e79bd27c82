"""What a console asks of gateways: those of folders on this machine, or those of a cluster."""

from __future__ import annotations

from typing import Protocol

from postern_cli.running_gateways import RunningGateway

from .live.pods import PodSource


class Gateways(PodSource, Protocol):
    """`mistake` is why one that was started here does not run, "" where it does, or was not started."""

    mistake: str
    # Whether one can be started here.
    can_start: bool

    async def running(self) -> tuple[RunningGateway, ...]:
        """Those that requests can be sent to from here."""

    async def start(self, gateway: str) -> None:
        """Start one, and return when it serves, or can't."""

    async def run(self) -> None:
        """Serve what is to be started, until cancelled."""
