"""`python -m postern_dataplane`: serve the snapshot in a folder."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from postern_kit.logs import configure_logs
from postern_kit.program import run_to_end

from .errors import DataPlaneError
from .process.supervisor import supervise
from .settings import read_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a data plane to its end and return the exit status."""
    settings = read_settings(arguments)
    configure_logs()
    return run_to_end("data plane", supervise(settings), DataPlaneError)


if __name__ == "__main__":
    sys.exit(main())
