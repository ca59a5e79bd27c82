"""The section `listeners` of a snapshot: the ports that a data plane opens, and which hosts are served at each."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .snapshot_entry import Entry

ListenerProtocol = Literal["HTTP", "HTTPS"]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class Listener(Entry, frozen=True):
    """One port and the hosts that are served there, beside the ports of the process's own settings.

    `port` is the one that clients connect to, `bind_port` the one that the process listens on; both have several
    listeners in common where these differ by hostname, and then the protocol too.
    `hostname` is a lower-case exact name, or `*.suffix` for one label or more, "" for every host.  A request belongs to
    the most specific listener of its port alone, and to none where no hostname takes its host.
    With a `redirect_port` every request but a challenge of ACME is sent to HTTPS at that port, and none is served.
    """

    id: str
    protocol: ListenerProtocol
    port: Port
    bind_port: Port
    hostname: str = ""
    redirect_port: Port | None = None
