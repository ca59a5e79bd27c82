"""The compiled loops over a head's fields, where `postern-gateway-speedups` is installed.

It is a distribution of its own, as it has a wheel for each platform and version of Python.  Without it, or with
`POSTERN_NO_SPEEDUPS=1`, the data plane's own functions do the same in more time.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from types import ModuleType

SWITCH = "POSTERN_NO_SPEEDUPS"


def installed(environment: Mapping[str, str]) -> ModuleType | None:
    """`postern_speedups.heads`; None where it is switched off, not there, or of another version than this package."""
    if environment.get(SWITCH):
        return None
    try:
        if version("postern-gateway-speedups") != version("postern-gateway"):
            return None
        return import_module("postern_speedups.heads")
    except ImportError:
        return None


HEADS = installed(os.environ)
