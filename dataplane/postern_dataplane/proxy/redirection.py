"""Every request of an entrance without TLS, answered by the way to the one with."""

from __future__ import annotations

from postern_dataplane.policy.redirect import redirect

from .exchange import Exchange


def redirection_to(port: int) -> type[Exchange]:
    """A kind of exchange that sends its client to this port, and asks neither table nor upstream."""

    class Redirection(Exchange):
        """Ends where others begin."""

        __slots__ = ()

        def start(self, packet: bytes) -> None:  # noqa: ARG002 # nothing is decided, so nothing is remembered
            self.deny(redirect(self.head, port))

    return Redirection
