"""What the tests of the kit share."""

from __future__ import annotations

import logging

import pytest
import structlog


@pytest.fixture
def fresh_logs():
    """Leave logging as it was: a process configures its logs once, and other tests have their own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
