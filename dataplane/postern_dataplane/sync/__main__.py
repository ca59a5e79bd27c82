"""`python -m postern_dataplane.sync`: keep a folder at what is published for a gateway in a cluster."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from postern_dataplane.errors import DataPlaneError
from postern_kit.logs import configure_logs
from postern_kit.program import run_to_end

from .settings import read_settings
from .sidecar import run_sidecar


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sidecar to its end and return the exit status."""
    settings = read_settings(arguments)
    configure_logs()
    return run_to_end("sidecar", run_sidecar(settings), DataPlaneError)


if __name__ == "__main__":
    sys.exit(main())
