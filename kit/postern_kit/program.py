"""How a program of ours runs: to its end, with an exit status, and an error as one line of its log."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from .logs import described, log

# What a shell makes of a process that SIGINT has ended.
INTERRUPTED = 130


def run_to_end(name: str, running: Coroutine[Any, Any, None], expected: type[Exception]) -> int:
    """Run until the coroutine ends and return the exit status.

    The message of an `expected` error is logged; of every other error only its type and place are.
    """
    try:
        asyncio.run(running)
    except expected as error:
        log.critical(str(error))
        return 1
    except KeyboardInterrupt:
        # SIGINT came before its handler was set.
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 # the edge of the process
        log.critical(f"{name} failed", **described(error))
        return 1
    return 0
