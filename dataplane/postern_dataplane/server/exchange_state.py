"""The phases of an exchange, in order.

    CONNECTING -> UPLOADING -> WAITING -> DOWNLOADING -> DONE
                                      `-> TUNNEL ------> DONE

A refusal leads to DONE from wherever it comes; a repeated attempt from WAITING back to CONNECTING.
"""

from __future__ import annotations

import enum


class ExchangeState(enum.Enum):
    """Where an exchange is; each has a time after which it is given up."""

    CONNECTING = "connecting"
    UPLOADING = "uploading"
    WAITING = "waiting"
    DOWNLOADING = "downloading"
    TUNNEL = "tunnel"
    DONE = "done"
