"""`python -m postern_dataplane`: serve the snapshot in a folder."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from .errors import DataPlaneError
from .logs import configure_logs, described, log
from .settings import read_settings
from .supervisor import supervise


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a data plane to its end; gives the exit status."""
    settings = read_settings(arguments)
    configure_logs()
    try:
        asyncio.run(supervise(settings))
    except DataPlaneError as error:
        log.critical(str(error))
        return 1
    except KeyboardInterrupt:
        # Before the signals were ours.
        return 130
    except Exception as error:  # noqa: BLE001 # the edge of the process
        log.critical("data plane failed", **described(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
