"""An admin port as a data plane has one."""

from __future__ import annotations

import pytest
from aiohttp import web


@pytest.fixture
async def aiohttp_admin():
    """Where it is."""

    async def config(_):
        return web.json_response({"digest": "d", "workers": []})

    async def metrics(_):
        return web.Response(text='postern_denials_total{reason="x"} 2.0\n')

    application = web.Application()
    application.add_routes([web.get("/config", config), web.get("/metrics", metrics)])
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()
