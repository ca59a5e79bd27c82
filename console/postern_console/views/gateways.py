"""The page of the gateways: which ones serve the folders, and which ones could be started."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from postern_cli.running_gateways import RunningGateway
from postern_console.state import ConsoleState

from .links import GATEWAYS_PATH, frame


def gateways_page(state: ConsoleState, running: Sequence[RunningGateway], mistake: str) -> dict[str, Any]:
    """The gateways that run, and the names of those that do not."""
    names = {it.gateway for it in running}
    return {
        "title": "Gateways",
        "frame": frame(GATEWAYS_PATH),
        "action": GATEWAYS_PATH,
        "running": running,
        "others": [name for name in state.gateways if name not in names],
        "mistake": mistake,
    }
