"""The curve of Ed25519 by its definition (RFC 8032, section 5.1), slow and plain: what signatures are tested with.

It makes what no honest signer makes: keys and nonces with a part of small order, and encodings that are not canonical.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


@dataclass(frozen=True, slots=True)
class Point:
    """A point in affine coordinates."""

    x: int
    y: int

    def __add__(self, other: Point) -> Point:
        """RFC 8032, section 5.1: the addition that is complete, with a = -1."""
        across = D * self.x * other.x * self.y * other.y
        x = (self.x * other.y + other.x * self.y) * pow(1 + across, -1, P)
        y = (self.y * other.y + self.x * other.x) * pow(1 - across, -1, P)
        return Point(x % P, y % P)

    def __neg__(self) -> Point:
        return Point(-self.x % P, self.y)

    def __rmul__(self, scalar: int) -> Point:
        total, addend = ZERO, self
        while scalar:
            if scalar & 1:
                total += addend
            addend += addend
            scalar >>= 1
        return total

    def encoded(self, y_more: int = 0, sign: int | None = None) -> bytes:
        """Its 32 bytes; others that mean the same with P more for `y`, or with the other `sign` of an x of 0."""
        sign = self.x & 1 if sign is None else sign
        return (self.y + y_more | sign << 255).to_bytes(32, "little")


def decoded(text: bytes) -> Point | None:
    """The point, None for none; RFC 8032, section 5.1.3, but for the range of y and an x of 0 with a sign."""
    number = int.from_bytes(text, "little")
    y, sign = number % 2**255 % P, number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_ONE % P
    if x * x % P != square:
        return None
    return Point(-x % P if x & 1 != sign else x, y)


ZERO = Point(0, 1)
BASE: Point = decoded((4 * pow(5, -1, P) % P).to_bytes(32, "little"))  # type: ignore[assignment]


def small_order() -> list[Point]:
    """The eight points whose order divides 8: what L times the points of a y leaves, once it has order 8."""
    for y in range(2, 100):
        point = decoded(y.to_bytes(32, "little"))
        rest = point and L * point
        if rest and 4 * rest != ZERO:
            return [n * rest for n in range(8)]
    raise AssertionError("each eighth point has such a part")


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L


def verifies(key: bytes, message: bytes, signature: bytes, cofactor: int) -> bool:
    """RFC 8032, section 5.1.7, with the equation times 8, or with a `cofactor` of 1 as it may be checked instead."""
    a, r, s = decoded(key), decoded(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = challenge(signature[:32], key, message)
    return cofactor * (s * BASE) == cofactor * (r + k * a)
