"""The token of a request, as it was found and not verified: values."""

from __future__ import annotations

import msgspec

from postern_core.snapshot import TokenSource


class TokenFound(msgspec.Struct, frozen=True, gc=False):
    """The text that counts as the token, and where it is."""

    text: str
    source: TokenSource


class RepeatedToken(msgspec.Struct, frozen=True, gc=False):
    """A place that holds two values, of which neither is known to be the one that counts."""

    source: TokenSource


ExtractedToken = TokenFound | RepeatedToken | None
