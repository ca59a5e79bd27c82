"""How property tests run: without a clock of their own, and in CI always with the same examples, and more of them.

`POSTERN_PROPERTY_EXAMPLES=10000` in the environment has each of them try so many.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

from hypothesis import settings

IN_CI = bool(os.environ.get("POSTERN_CI"))

settings.register_profile(
    "postern",
    deadline=None,
    max_examples=int(os.environ.get("POSTERN_PROPERTY_EXAMPLES", "100" if IN_CI else "25")),
    database=None,
    derandomize=IN_CI,
)
settings.load_profile("postern")

# `make speedups-test` compiles what it tests, and fails where that isn't in use; other runs need no compiler.
if find_spec("postern_speedups") is None:
    collect_ignore = ["test_speedups.py"]
