"""One pattern of a route, compiled by RE2 within the bounds under which it was accepted."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from postern_core.pattern_limits import PATTERN_MEMORY_BYTES


def re2_options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    # Nothing asks what a group holds, and to find that out takes a second run.
    options.never_capture = True
    options.max_mem = PATTERN_MEMORY_BYTES
    return options


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> Any:
    """A pattern of RE2, which matches in linear time whatever a tenant wrote.

    With the same bounds as when it was accepted: what fails here fails the whole table.
    """
    return re2.compile(pattern, re2_options())
