"""A pod of a gateway as it answers now, and where answers come from. Pure.

A gateway of `postern run` is one pod.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import msgspec

from postern_core.admin_api import ServedConfig

from .counts import NO_COUNTS, Counts, counts_of


@dataclass(frozen=True, slots=True)
class LivePod:
    """`unknown` is why it says nothing, "" where it answers; `expected` is the digest that it should serve, "" unknown.

    `url` is where clients on this machine reach it, "" where they don't.
    """

    gateway: str
    name: str
    config: ServedConfig | None = None
    counts: Counts = NO_COUNTS
    unknown: str = ""
    expected: str = ""
    url: str = ""


class PodSource(Protocol):
    """Asks the admin ports of all pods, each once; `every_s` is how often that is reasonable."""

    every_s: float

    async def pods(self) -> tuple[LivePod, ...]:
        """All pods as they answer now; one that does not is among them, too."""


def pod_of(gateway: str, name: str, config: bytes, metrics: bytes, *, expected: str = "", url: str = "") -> LivePod:
    """Read the answers of an admin port."""
    try:
        served = msgspec.json.decode(config, type=ServedConfig)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return LivePod(gateway, name, unknown="its admin port gives another answer than a data plane's", url=url)
    return LivePod(gateway, name, served, counts_of(metrics), expected=expected, url=url)
