"""The Date header (RFC 9110, section 6.6.1), made once a second."""

from __future__ import annotations

import time
from email.utils import formatdate

_second = 0
_date = b""


def http_date() -> bytes:
    """Now, as an IMF-fixdate."""
    global _second, _date  # noqa: PLW0603 # a clock has one face
    now = int(time.time())
    if now != _second:
        _date = formatdate(now, usegmt=True).encode()
        _second = now
    return _date
