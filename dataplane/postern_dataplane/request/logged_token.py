"""What the access log says of a good token; never the token itself."""

from __future__ import annotations

from collections.abc import Mapping
from sys import getsizeof

import msgspec


class LoggedToken(msgspec.Struct, frozen=True, gc=False):
    """The credential that verified a token, who issued it, "" where it does not say, and the claims that were chosen.

    `credential` is `namespace/name`.  The texts are the issuer's, and bounded, but not escaped.
    """

    credential: str
    issuer: str
    claims: Mapping[str, str]

    @property
    def size_bytes(self) -> int:
        """The memory that it holds."""
        return sum(map(getsizeof, (self.credential, self.issuer, self.claims, *self.claims.values())))
