"""The signals that ask a process to stop."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from postern_kit.stop_signals import STOP_SIGNALS, on_stop_signal


@pytest.mark.parametrize("number", STOP_SIGNALS)
async def test_a_signal_calls_back_within_the_context(number):
    """SIGTERM and SIGINT call back instead of ending the process; after the context they end it again."""
    heard = asyncio.Event()
    with on_stop_signal(heard.set):
        os.kill(os.getpid(), number)
        async with asyncio.timeout(5):
            await heard.wait()
    restored = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    assert restored == signal.getsignal(number)
