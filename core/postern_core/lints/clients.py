"""What of a `clients` block lets in fewer addresses than it looks like."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.networks import hold, merged, read_network
from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.validators import Validators

EVERY_ADDRESS = merged(["0.0.0.0/0", "::/0"])


def deny_holds_what_is_allowed(given: Service | Route, _: Validators) -> Iterator[tuple[str, str]]:
    clients = given.spec.clients
    if not clients or not clients.deny:
        return
    denied = merged(clients.deny)
    allowed = merged(clients.allow) if clients.allow else EVERY_ADDRESS
    if all(hold(denied, first, last) for first, last in zip(*allowed, strict=True)):
        yield "spec.clients.deny", "holds every address that may call, so that no request passes; make it narrower"
        return
    for index, network in enumerate(clients.allow or ()):
        if hold(denied, *read_network(network)):
            message = f"{network} has no effect, for deny holds all of it; remove it, or make deny narrower"
            yield f"spec.clients.allow[{index}]", message


def deny_holds_a_whole_family(given: Service | Route, _: Validators) -> Iterator[tuple[str, str]]:
    families = tuple(zip(*EVERY_ADDRESS, strict=True))
    for index, network in enumerate(given.spec.clients.deny or () if given.spec.clients else ()):
        if read_network(network) in families:
            message = "and deny wins over allow; list the addresses that may call in allow, which refuses all others"
            yield f"spec.clients.deny[{index}]", f"{network} is every address of its family, {message}"


CLIENTS_LINTS = (deny_holds_what_is_allowed, deny_holds_a_whole_family)
