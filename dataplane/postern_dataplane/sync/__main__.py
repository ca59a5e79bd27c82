"""`python -m postern_dataplane.sync`: keep a folder at what is published for a gateway in a cluster."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from postern_dataplane.errors import DataPlaneError
from postern_dataplane.logs import configure_logs, described, log

from .settings import read_settings
from .sidecar import run_sidecar


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sidecar to its end; gives the exit status."""
    settings = read_settings(arguments)
    configure_logs()
    try:
        asyncio.run(run_sidecar(settings))
    except DataPlaneError as error:
        log.critical(str(error))
        return 1
    except KeyboardInterrupt:
        # Before the signals were ours.
        return 130
    except Exception as error:  # noqa: BLE001 # the edge of the process
        log.critical("sidecar failed", **described(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
