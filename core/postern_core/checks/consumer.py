"""What can be wrong with a Consumer by itself."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.consumer import Consumer
from postern_core.validators import Validators

from .duplicates import duplicates


def group_is_named_twice(consumer: Consumer, _: Validators) -> Iterator[tuple[str, str]]:
    yield from duplicates("spec.groups", consumer.spec.groups)


CONSUMER_CHECKS = (group_is_named_twice,)
