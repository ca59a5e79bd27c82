"""Who asks, by address: the peer of the connection, or the client that trusted proxies name.

Rules of this file:
1. Each proxy writes the address that it was asked from behind those that it was sent, so that the list is read from its
   end, and only as long as the proxies are trusted: what stands before is what a client says of itself.
2. What is no address is unknown, never the next one that looks like it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from functools import lru_cache

from postern_core.networks import number_of
from postern_dataplane.request.head import RequestHead
from postern_dataplane.table.clients import CompiledClients
from postern_dataplane.table.routing_table import RoutingTable

# As many trusted proxies in a row as a request is followed through; a list that one of them lets grow is not.
PROXIES_MAX = 32
# An IPv6 address in full with a zone, brackets and a port; what is longer must not fill the memory.
ADDRESS_CHARACTERS_MAX = 64
# Some proxies write the port as well: 192.0.2.1:4711, [2001:db8::1]:4711.
_WITH_PORT = re.compile(r"(?:\[([^\]]*)\]|([0-9.]+))(?::[0-9]{1,5})?")


def is_admitted(head: RequestHead, clients: CompiledClients, table: RoutingTable) -> bool:
    """Whether a route takes requests from where this one comes."""
    return clients.admit(number_of_text(client_of(head, clients, table)))


def client_of(head: RequestHead, clients: CompiledClients, table: RoutingTable) -> str:
    """The address that a route asks about, a text that is none where it is not known."""
    return head.peer if clients.is_peer else client_address(head, table.is_trusted_proxy)


def client_address(head: RequestHead, is_trusted_proxy: Callable[[str], bool]) -> str:
    """The client's address, without a port, or a text that is none where it is not known.

    It is the last address of X-Forwarded-For that is not a trusted proxy's, the first of all where each is, and the
    peer's where that is no trusted proxy, or names none.
    """
    peer = head.peer
    if not is_trusted_proxy(peer):
        return peer
    rest = b",".join(filter(None, head.values(b"x-forwarded-for"))).decode("latin-1")
    if not rest:
        return peer
    for _ in range(PROXIES_MAX):
        rest, _, last = rest.rpartition(",")
        address = _without_port(last.strip(" \t"))
        if not rest or not is_trusted_proxy(address):
            return address
    return ""


def _without_port(text: str) -> str:
    if len(text) > ADDRESS_CHARACTERS_MAX:
        return ""
    if ":" not in text:
        return text
    found = _WITH_PORT.fullmatch(text)
    address = text if found is None else found[1] or found[2] or ""
    # The zone of a link-local address means something on the proxy's machine only.
    return address.partition("%")[0] if ":" in address else address


@lru_cache(maxsize=4096)
def number_of_text(address: str) -> int | None:
    """The number of an address, None for a text that is none; texts are short, see `_without_port`."""
    try:
        return number_of(ipaddress.ip_address(address))
    except ValueError:
        return None
