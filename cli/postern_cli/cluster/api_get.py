"""Single questions to the API server, and what becomes of a refusal.

Which questions there are belongs in `reading` and `installation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from postern_cli.errors import ClusterReadingError, RefusedError
from postern_operator.cluster.api.reader import API_ERRORS, CONNECT_TIMEOUT_S, READ_TIMEOUT_S

# Larger than a list of few, or the metrics of a pod with many Routes. A pod behind the API server's proxy may send
# without an end.
ANSWER_BYTES_MAX = 32 * 1024 * 1024
UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 401, 403, 404


class RedirectError(aiohttp.ClientError):
    """The API server leads elsewhere, or a pod behind its proxy does, which could mean any server of this machine."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The object of an answer, and the API server's own clock, None where it didn't say."""

    content: dict[str, Any]
    time: datetime | None


async def api_get(api: client.ApiClient, path: str, **query: str) -> Answer:
    """GET an object or a list of few; raises `RefusedError`, and `ClusterReadingError` without an answer."""
    content, moment = await api_read(api, path, **query)
    with in_words(api, path):
        return Answer(msgspec.json.decode(content, type=dict[str, Any]), moment)


async def api_read(api: client.ApiClient, path: str, **query: str) -> tuple[bytes, datetime | None]:
    """GET what is not always JSON, and the API server's own clock; raises as `api_get` does."""
    limits = aiohttp.ClientTimeout(total=READ_TIMEOUT_S, sock_connect=CONNECT_TIMEOUT_S)
    with in_words(api, path):
        method, url, headers, _, _ = await api.param_serialize("GET", path, auth_settings=["BearerToken"])
        target = f"{url}?{urlencode(query)}" if query else url
        answer = (await api.call_api(method, target, headers, _request_timeout=limits)).response
        async with answer:
            if answer.status >= 300:
                raise ApiException(status=answer.status, reason=answer.reason)
            return await _content(answer, api, path), _moment(answer.headers.get("Date", ""))


async def _content(answer: aiohttp.ClientResponse, api: client.ApiClient, path: str) -> bytes:
    content = bytearray()
    async for part in answer.content.iter_any():
        content += part
        if len(content) > ANSWER_BYTES_MAX:
            size = f"more than {ANSWER_BYTES_MAX // 2**20} MiB"
            raise ClusterReadingError(f"the API server at {api.configuration.host} answers {path} with {size}")
    return bytes(content)


@contextmanager
def in_words(api: client.ApiClient, what: str) -> Iterator[None]:
    """Turn what a client of Kubernetes raises into errors of this package."""
    try:
        yield
    except ApiException as error:
        if error.status == UNAUTHORIZED:
            raise ClusterReadingError(
                f"the API server at {api.configuration.host} does not know you (401); renew what the kubeconfig holds"
            ) from None
        raise RefusedError(what, error.status or 0, error.reason or "") from None
    except API_ERRORS as error:
        raise ClusterReadingError(
            f"the API server at {api.configuration.host} does not answer: {_why(error)}"
        ) from None


def _why(error: Exception) -> str:
    """Why there was no answer, as far as it can be said without quoting one."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate can't be verified; see certificate-authority-data in the kubeconfig"
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error.strerror or type(error.os_error).__name__
    if isinstance(error, RedirectError):
        return "it redirects, which is not followed"
    if isinstance(error, TimeoutError):
        return "it takes too long"
    return type(error).__name__


def _moment(date: str) -> datetime | None:
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except ValueError:
        return None
