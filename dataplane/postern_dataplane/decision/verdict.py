"""What was found out about a token: values, which are remembered."""

from __future__ import annotations

import msgspec

from postern_dataplane.request.denials import Denial, DenialReason
from postern_dataplane.table.identity_headers import Identity


class Verified(msgspec.Struct, frozen=True, gc=False):
    """A good token: whose it is, and until when that holds (seconds since the epoch)."""

    identity: Identity
    until: float

    @property
    def logged_bytes(self) -> int:
        return _logged_bytes(self.identity)


class Refused(msgspec.Struct, frozen=True, gc=False):
    """A token that is refused; `identity` is for the log, None where the token proves nothing.

    `denial` is the answer where it is one of the policy's `unknown_keys`.
    """

    reason: DenialReason
    identity: Identity | None = None
    denial: Denial | None = None

    @property
    def logged_bytes(self) -> int:
        return 0 if self.identity is None else _logged_bytes(self.identity)


def _logged_bytes(identity: Identity) -> int:
    return 0 if identity.token is None else identity.token.size_bytes
