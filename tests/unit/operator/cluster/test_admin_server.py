"""The operator's admin port."""

from __future__ import annotations

import aiohttp
import pytest

from postern_operator.cluster.admin_server import admin_port
from postern_operator.cluster.metrics import Metrics


@pytest.mark.parametrize(
    ("path", "reason", "status", "word"),
    [
        ("/healthz", "not yet", 200, "alive"),
        ("/readyz", "routes have not been listed yet", 503, "routes have not been listed yet"),
        ("/readyz", "", 200, "ready"),
        ("/metrics", "", 200, "postern_operator_leader 0.0"),
        ("/elsewhere", "", 404, ""),
    ],
)
async def test_a_path_is_answered(path, reason, status, word):
    """Alive always, ready once everything is known, and what is counted."""
    async with (
        admin_port("127.0.0.1", 0, Metrics(), lambda: reason) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
        session.get(path) as answer,
    ):
        assert status == answer.status
        assert word in await answer.text()
