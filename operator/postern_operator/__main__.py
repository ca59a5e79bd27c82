"""`python -m postern_operator`: keep gateways at what a cluster declares."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Sequence

from .cluster.assembly import operate
from .cluster.logs import configure_logs, described
from .cluster.settings import read_settings
from .errors import OperatorError

log = logging.getLogger("postern.operator")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run an operator to its end; gives the exit status."""
    settings = read_settings(arguments)
    configure_logs()
    try:
        asyncio.run(operate(settings))
    except OperatorError as error:
        log.critical(str(error))
        return 1
    except KeyboardInterrupt:
        # Before the signals were ours.
        return 130
    except Exception as error:  # noqa: BLE001 # the edge of the process
        log.critical("operator failed", extra={"fields": described(error)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
