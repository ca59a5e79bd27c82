"""The headers by which an upstream learns who calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from postern_core.snapshot import Consumer, Policy
from postern_dataplane.jwt.claim_checks import as_header_value
from postern_dataplane.request.head import Fields


class Identity(msgspec.Struct, frozen=True, gc=False):
    """Who calls: header fields for the upstream, and a name for the log."""

    fields: Fields
    consumer: str


def consumer_names(consumer: Consumer, namespace: str) -> tuple[str, tuple[str, ...]]:
    """A consumer's name and groups as seen from a namespace: another one's carry theirs in front."""
    if consumer.namespace == namespace:
        return consumer.name, consumer.groups
    return f"{consumer.namespace}/{consumer.name}", tuple(f"{consumer.namespace}/{it}" for it in consumer.groups)


def consumer_identity(
    consumer: Consumer, key: str, namespace: str, forwarded: Iterable[tuple[str, Any]] = ()
) -> Identity:
    """The identity behind a good token, as seen from a namespace; `forwarded` are header names and values of claims."""
    name, groups = consumer_names(consumer, namespace)
    fields = _consumer_fields(name, groups, consumer.custom_id)
    fields.append(("X-Credential-Identifier", key))
    for header, claim in forwarded:
        value = as_header_value(claim)
        if value is not None:
            fields.append((header, value))
    return Identity(_encoded(fields), name)


def anonymous_identity(consumer: Consumer | None, policy: Policy) -> Identity:
    """The identity of a request without a good token; without a consumer it has no name."""
    fields = [("X-Anonymous-Consumer", "true")]
    if consumer is None:
        return Identity(_encoded(fields), "")
    name, groups = consumer_names(consumer, policy.namespace)
    return Identity(_encoded(_consumer_fields(name, groups, consumer.custom_id) + fields), name)


def _consumer_fields(name: str, groups: tuple[str, ...], custom_id: str) -> list[tuple[str, str]]:
    fields = [("X-Consumer-Username", name)]
    if custom_id:
        fields.append(("X-Consumer-Custom-Id", custom_id))
    if groups:
        fields.append(("X-Consumer-Groups", ",".join(groups)))
    return fields


def _encoded(fields: list[tuple[str, str]]) -> Fields:
    """The fields as bytes; a value that could end its line early has no business in a snapshot and stays out."""
    return tuple(
        (name.encode("ascii"), value.encode("ascii"))
        for name, value in fields
        if value.isascii() and value.isprintable()
    )
