"""Lists that are sets: what stands there twice is a mistake, as the API server says too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def duplicates(field: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each value that has come before, by its place in the list at `field`."""
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield f"{field}[{index}]", f"{value} is listed twice; remove one"
        seen.add(value)
