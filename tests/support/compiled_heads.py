"""Fails where heads are not read and written by compiled code: to be run before tests of that code, or in a container.

It is a program of one file, which needs nothing but the data plane.
"""

from __future__ import annotations

import sys

from postern_dataplane.http1 import request_reader, response_writer

COMPILED = "postern_speedups.heads"


def interpreted() -> list[str]:
    """The names of the functions in use that are Python's."""
    in_use = {
        "read_plain_head": vars(request_reader)["read_plain_head"],
        "read_response": vars(response_writer)["read_response"],
    }
    return [
        name for name, function in in_use.items() if type(getattr(function, "__self__", None)).__module__ != COMPILED
    ]


if __name__ == "__main__":
    if names := interpreted():
        sys.exit(f"{', '.join(names)}: not compiled; is postern-gateway-speedups installed, in this version?")
