"""How large the patterns of RE2 may be, which every request of a host may be tried on.

RE2 takes time in proportion to the bytes of a text and the instructions of a program; both are bounded, so that one
request holds a worker for a few milliseconds at most, whatever a tenant wrote.  How an instruction is counted is the
affair of who knows RE2: see `Inspectors.pattern_size`.
"""

from __future__ import annotations

# The bytes of a text times the instructions that it is tried on: some 15 ns each in the worst case, 2 ms in all.
WORK_MAX = 131_072

# Instructions: `/books/[0-9]+` has 13, `/v1/users/[^/]+/orders/[0-9]+` has 33.
PATTERN_SIZE_MAX = 256
# With as many, a host still tries texts of 256 bytes.
HOST_SIZE_MAX = 512
# A namespace's patterns, counted once for each of its hosts: a worker keeps memory for each host that has any.
NAMESPACE_PATTERNS_MAX = 256
ROUTE_PATTERNS_MAX = 16

# What RE2 may keep of one pattern, or of one set of them, beside its program.
PATTERN_MEMORY_BYTES = 256 * 1024

# Stands for every pattern that can't be tried, in a route that refuses; it needs no trying.
ANY_PATTERN = "(?s).*"


def text_bytes_max(size: int) -> int:
    """The longest text that is tried on patterns with so many instructions in all."""
    return WORK_MAX // max(size, 1)
