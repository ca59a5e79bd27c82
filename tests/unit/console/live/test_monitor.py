"""Looking at pods: once for all pages, and not while no page is open."""

from __future__ import annotations

import asyncio

from postern_console.live.counts import Counts
from postern_console.live.monitor import LiveMonitor
from postern_console.live.pods import LivePod
from postern_core.admin_api import ServedConfig


class Source:
    """Counts how often it is asked, and has one more request each time."""

    asked, every_s = 0, 2.0

    async def pods(self):
        self.asked += 1
        await asyncio.sleep(0)
        counted = LivePod("default", "a", ServedConfig(digest="d"), Counts({"2xx": self.asked}))
        return (counted, LivePod("default", "b", unknown="no answer"))


async def test_pages_that_are_open_together_cost_one_look():
    """The next is due a second later."""
    now, source = [0.0], Source()
    monitor = LiveMonitor(source, lambda: now[0])
    views = await asyncio.gather(*(monitor.view() for _ in range(5)))
    assert (1, 2) == (source.asked, len(views[0].pods))
    now[0] = 2.0
    view = await monitor.view()
    assert (2, [{"2xx": 0.5}]) == (source.asked, [dict(it.rates.requests) for it in view.moments])
