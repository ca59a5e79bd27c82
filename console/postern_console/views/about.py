"""The page "About": which version runs, and what it is about."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

from postern_console.access import IDLE_S
from postern_console.state import ConsoleState

from .links import ABOUT_PATH, frame


def about_page(state: ConsoleState) -> dict[str, Any]:
    """What a report of a mistake should name."""
    return {
        "title": "About",
        "frame": frame(ABOUT_PATH),
        "version": version("postern-gateway"),
        "python": platform.python_version(),
        "about": state.places,
        "idle_minutes": int(IDLE_S // 60),
    }
