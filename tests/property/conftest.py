"""How property tests run: without a clock of their own, and in CI always with the same examples."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile(
    "postern", deadline=None, max_examples=100, database=None, derandomize=bool(os.environ.get("POSTERN_CI"))
)
settings.load_profile("postern")
