"""What tests of reading a cluster share: a client of the one that a test has made."""

from __future__ import annotations

import pytest

from postern_cli.cluster.connection import connected
from postern_cli.sources import Where


@pytest.fixture
async def connection(cluster):
    """A connection to it."""
    async with connected(Where()) as connection:
        yield connection


@pytest.fixture
def api(connection):
    """The client of that connection."""
    return connection.api
