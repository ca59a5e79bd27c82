"""What is published for a gateway, as objects of its namespace; see docs/design/kubernetes.md.

Only reads.  Every error becomes an `ApiError` here, so that no message of a
library, which may quote what it met, gets any further.
"""

from __future__ import annotations

import base64
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from typing import Any, NamedTuple

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from kubernetes.aio.client import ApiException, V1ConfigMap, V1Secret
from kubernetes.aio.watch import Watch

from postern_core.codec import ShardRef
from postern_core.publication import INDEX_ENTRY, INDEX_OBJECT, SHARD_ENTRY, shard_object

from .connection import Connection
from .errors import ApiError

# The answer to a question.
ANSWER_S = 10.0
# How long a watch may last.  Every watch is followed by a list, and so this is how long a watch may be silent though
# there was a change; a list of one object every two minutes costs the API server nothing.
WATCH_S = 120
# What the server may take beyond that to end a watch, before we do.
BEYOND_S = 10.0


class Listed(NamedTuple):
    """The index (None: there is none) at a version of the namespace from which it can be watched."""

    content: bytes | None
    version: str


class PublishedObjects:
    """The published objects of one namespace."""

    def __init__(self, connection: Connection, namespace: str) -> None:
        self._connection = connection
        self._namespace = namespace

    async def index(self) -> Listed:
        """The index as it is now."""
        with _errors_in_words():
            core = await self._connection.core()
            found = await core.list_namespaced_config_map(
                self._namespace, field_selector=f"metadata.name={INDEX_OBJECT}", _request_timeout=ANSWER_S
            )
            content = _entry(found.items[0], INDEX_ENTRY) if found.items else None
            return Listed(content, (found.metadata and found.metadata.resource_version) or "")

    async def index_changes(self, version: str) -> AsyncIterator[bytes | None]:
        """The index after each change since that version, None when it was deleted.

        Ends after a while, or when the version is too old; then the index has to be listed again.
        """
        # Pods that were started together should not go on listing together.
        lasting_s = round(WATCH_S * random.uniform(0.75, 1.0))  # noqa: S311 # guessing it gains nothing
        with _errors_in_words():
            core = await self._connection.core()
            async with Watch() as watch:
                events = watch.stream(
                    core.list_namespaced_config_map,
                    self._namespace,
                    field_selector=f"metadata.name={INDEX_OBJECT}",
                    resource_version=version,
                    timeout_seconds=lasting_s,
                    _request_timeout=lasting_s + BEYOND_S,
                )
                try:
                    async for event in events:
                        yield _index_of(event)
                except ApiException as error:
                    if error.status != HTTPStatus.GONE:
                        raise

    async def shard(self, shard: ShardRef) -> bytes:
        """The bytes of a shard, unverified; the error's status is 404 when there is no such object."""
        name = shard_object(shard.digest)
        with _errors_in_words():
            core = await self._connection.core()
            if shard.is_secret:
                secret = await core.read_namespaced_secret(name, self._namespace, _request_timeout=ANSWER_S)
                return base64.b64decode(_entry(secret, SHARD_ENTRY), validate=True)
            config_map = await core.read_namespaced_config_map(name, self._namespace, _request_timeout=ANSWER_S)
            return _entry(config_map, SHARD_ENTRY)

    async def reset(self) -> None:
        """Connect anew at the next question."""
        await self._connection.close()


def _index_of(event: Any) -> bytes | None:
    if not isinstance(event, dict):
        # The watch hands on a line that is not JSON as it is: a proxy's page of error, for instance.
        raise ApiError("what the API server answers is not a watch")
    return None if event["type"] == "DELETED" else _entry(event["object"], INDEX_ENTRY)


def _entry(found: V1ConfigMap | V1Secret, name: str) -> bytes:
    """An entry of an object; empty where it is missing, which neither an index nor a shard ever is."""
    return str((found.data or {}).get(name, "")).encode()


@contextlib.contextmanager
def _errors_in_words() -> Iterator[None]:
    try:
        yield
    except ApiException as error:
        raise ApiError(f"the API server answers {_status_in_words(error.status)}", status=error.status) from None
    except TimeoutError:
        raise ApiError("the API server does not answer in time") from None
    except (aiohttp.ClientError, OSError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ApiError(f"the API server can't be reached: {reason}") from None
    except (HttpProcessingError, ValueError) as error:
        raise ApiError(f"what the API server answers can't be read: {type(error).__name__}") from None


def _status_in_words(status: int | None) -> str:
    try:
        return f"{status} {HTTPStatus(status or 0).phrase}"
    except ValueError:
        return str(status)
