"""`python -m postern_operator`: keep gateways at what a cluster declares."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from postern_kit.logs import configure_logs
from postern_kit.program import run_to_end

from .cluster.app import operate
from .cluster.settings import read_settings
from .errors import OperatorError

# Libraries log below these levels about their own inner life, once an object.
LOG_LEVELS = {
    "kopf": logging.WARNING,
    # It warns that it was not given the signals, which is on purpose.
    "kopf._core.reactor.running": logging.ERROR,
    "kubernetes": logging.WARNING,
    # It logs each look at a lease that failed, every second, with a traceback.
    "kubernetes.aio.leaderelection": logging.CRITICAL,
    "aiohttp": logging.WARNING,
    "postern": logging.INFO,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run an operator to its end and return the exit status."""
    settings = read_settings(arguments)
    configure_logs(LOG_LEVELS)
    return run_to_end("operator", operate(settings), OperatorError)


if __name__ == "__main__":
    sys.exit(main())
