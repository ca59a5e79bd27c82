"""Single questions, and what becomes of a refusal."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

import aiohttp
import pytest

from postern_cli.cluster import api_get as module
from postern_cli.cluster.api_get import api_get, in_words
from postern_cli.errors import ClusterReadingError, RefusedError


async def test_an_answer_has_the_server_s_time(cluster, api):
    """Clocks of laptops are anybody's guess."""
    cluster.answers["/api/v1/x"] = {"a": 1}
    answer = await api_get(api, "/api/v1/x", fieldSelector="a=b")
    assert ({"a": 1}, datetime(2026, 11, 24, 6, tzinfo=UTC)) == (answer.content, answer.time)


async def test_a_refusal_is_not_quoted(cluster, api):
    """The status is enough."""
    cluster.refused["/api/v1/x"] = 403
    with pytest.raises(RefusedError) as refused:
        await api_get(api, "/api/v1/x")
    assert 403 == refused.value.status
    assert "QUOTED" not in str(refused.value)


async def test_who_is_not_known_is_told_so(cluster, api):
    """A token that has run out looks like that."""
    cluster.refused["/api/v1/x"] = 401
    with pytest.raises(ClusterReadingError, match=r"does not know you \(401\)"):
        await api_get(api, "/api/v1/x")


async def test_an_answer_without_an_end_is_not_kept(cluster, api, monkeypatch):
    """A pod that is asked by the API server's proxy may send whatever it wants."""
    cluster.answers["/api/v1/x"] = {"a": "b" * 1000}
    monkeypatch.setattr(module, "ANSWER_BYTES_MAX", 500)
    with pytest.raises(ClusterReadingError, match="answers /api/v1/x with more than"):
        await api_get(api, "/api/v1/x")


async def test_an_answer_that_is_no_object_is_told(cluster, api):
    """Whatever stands there, it is no API server."""
    cluster.answers["/api/v1/x"] = ["t0ken"]
    with pytest.raises(ClusterReadingError, match="does not answer: ValidationError"):
        await api_get(api, "/api/v1/x")


KEY = aiohttp.client_reqrep.ConnectionKey("a", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (aiohttp.ClientConnectorError(KEY, OSError(111, "Connection refused")), "Connection refused"),
        (aiohttp.ClientConnectorCertificateError(KEY, ssl.CertificateError()), "its certificate can't be verified"),
        (TimeoutError(), "it takes too long"),
        (aiohttp.ServerDisconnectedError(), "ServerDisconnectedError"),
    ],
)
def test_no_answer_is_told_in_words(api, error, told):
    """As far as it can be without quoting one."""
    with pytest.raises(ClusterReadingError, match=told), in_words(api, "x"):
        raise error
