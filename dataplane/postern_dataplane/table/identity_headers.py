"""The headers by which an upstream learns who calls."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from postern_core.snapshot import Consumer, Policy
from postern_dataplane.rate_limits.token_buckets import bounded
from postern_dataplane.request.head import field_lines
from postern_dataplane.request.logged_token import LoggedToken


class Identity(msgspec.Struct, frozen=True, gc=False):
    """Who calls: header fields for the upstream, and for the log a name, and more of the token where there is a log.

    The fields are written already, for many requests have one identity: `lines` are as HTTP/1.1 has them, each ended.
    Rate limits count by `key`, which no two callers of all namespaces share, empty for no name; and by `claims`, the
    keys of the claims that the route counts by.
    """

    lines: bytes
    consumer: str
    token: LoggedToken | None = None
    key: bytes = b""
    claims: tuple[bytes, ...] = ()


def consumer_names(consumer: Consumer, namespace: str) -> tuple[str, tuple[str, ...]]:
    """A consumer's name and groups as seen from a namespace: another one's carry theirs in front."""
    prefix = _prefix(consumer, namespace)
    return prefix + consumer.name, tuple(prefix + it for it in consumer.groups)


def _prefix(consumer: Consumer, namespace: str) -> str:
    return "" if consumer.namespace == namespace else f"{consumer.namespace}/"


def consumer_identity(
    consumer: Consumer, key: str, namespace: str, forwarded: Iterable[tuple[str, str]] = ()
) -> Identity:
    """The identity behind a good token, as seen from a namespace; `forwarded` are the headers of claims."""
    prefix = _prefix(consumer, namespace)
    fields = _consumer_fields(consumer, prefix)
    # A key is unique in its namespace only, as the names and ids of consumers are.
    fields.append(("X-Credential-Identifier", prefix + key))
    fields += forwarded
    return Identity(_written(fields), prefix + consumer.name, key=bounded(consumer.id.encode()))


def anonymous_identity(consumer: Consumer | None, policy: Policy) -> Identity:
    """The identity of a request without a good token; without a consumer it has no name."""
    fields = [("X-Anonymous-Consumer", "true")]
    if consumer is None:
        return Identity(_written(fields), "")
    prefix = _prefix(consumer, policy.namespace)
    return Identity(
        _written(_consumer_fields(consumer, prefix) + fields), prefix + consumer.name, key=bounded(consumer.id.encode())
    )


def _consumer_fields(consumer: Consumer, prefix: str) -> list[tuple[str, str]]:
    fields = [("X-Consumer-Username", prefix + consumer.name)]
    if consumer.custom_id:
        fields.append(("X-Consumer-Custom-Id", prefix + consumer.custom_id))
    if consumer.groups:
        fields.append(("X-Consumer-Groups", prefix + f",{prefix}".join(consumer.groups)))
    return fields


def _written(fields: list[tuple[str, str]]) -> bytes:
    """The fields as lines; a value that could end its line early has no business in a snapshot and stays out."""
    return field_lines(
        (name.encode("ascii"), value.encode("ascii"))
        for name, value in fields
        if value.isascii() and value.isprintable()
    )
