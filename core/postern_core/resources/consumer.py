"""`Consumer`: who calls."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, field

from .types import Group, Metadata, Printable, Spec


class ConsumerSpec(Spec, frozen=True):
    """Who calls: a person, a team or a program."""

    groups: Annotated[tuple[Group, ...], Meta(max_length=64, description="Groups that a policy may allow.")] = ()
    custom_id: Annotated[
        Printable, Meta(description="An identifier of your own, sent upstream as X-Consumer-Custom-Id.")
    ] = field(name="customID", default="")


class Consumer(msgspec.Struct, frozen=True, gc=False):
    """A Consumer as it came."""

    metadata: Metadata
    spec: ConsumerSpec
