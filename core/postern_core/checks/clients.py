"""What can be wrong with a `clients` block by itself."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.networks import read_network
from postern_core.resources.clients import Clients

from .duplicates import duplicates

AT = "spec.clients"


def clients_block_is_wrong(clients: Clients) -> Iterator[tuple[str, str]]:
    """Every violation of a `clients` block; the fields are below `spec.clients`."""
    for violation in CLIENTS_CHECKS:
        for field, message in violation(clients):
            yield f"{AT}.{field}", message


def network_is_invalid(clients: Clients) -> Iterator[tuple[str, str]]:
    for name, networks in lists_of(clients):
        for index, network in enumerate(networks):
            try:
                read_network(network)
            except ValueError as error:
                yield f"{name}[{index}]", f"{error}; write a network as 10.0.0.0/8 or 2001:db8::/32, or one address"


def network_is_listed_twice(clients: Clients) -> Iterator[tuple[str, str]]:
    for name, networks in lists_of(clients):
        yield from duplicates(name, networks)


def lists_of(clients: Clients) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The two lists by name; one that is not there is empty."""
    return ("allow", clients.allow or ()), ("deny", clients.deny or ())


CLIENTS_CHECKS = (network_is_invalid, network_is_listed_twice)
