"""Choices that follow from bytes, so that a fuzzer that changes bytes changes what a target chooses."""

from __future__ import annotations

import random


class Choices(random.Random):
    """A source of choices that takes them from bytes, and the first of all where there are no more."""

    def __init__(self, content: bytes) -> None:
        super().__init__(0)
        self._content = content
        self._at = 0

    def random(self) -> float:
        return self.getrandbits(53) * 2.0**-53

    def getrandbits(self, k: int, /) -> int:
        count = (k + 7) // 8
        part = self._content[self._at : self._at + count]
        self._at += count
        return int.from_bytes(part.ljust(count, b"\0"), "big") >> (count * 8 - k)
