"""The `clients` block of Service and Route: from which addresses requests may come."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from .types import SET, Network, Spec

NetworkList = Annotated[
    tuple[Network, ...],
    Meta(min_length=1, max_length=256, extra_json_schema=SET),
]


class Clients(Spec, frozen=True):
    """From which addresses requests may come; all others are answered 403, before a token is looked at.

    A block without lists allows every address: of a Route it turns the Service's off.
    """

    allow: (
        Annotated[
            NetworkList,
            Meta(
                description="The networks and addresses that may call, of IPv4 and IPv6; all others may not. An IPv4 "
                "address written as IPv6 counts as IPv4. Example: [10.0.0.0/8, 192.0.2.7, 2001:db8::/32]. Default: "
                "every address."
            ),
        ]
        | UnsetType
    ) = UNSET
    deny: (
        Annotated[
            NetworkList,
            Meta(
                description="The networks and addresses that may not call, also where allow holds them. "
                "Example: [10.66.0.0/16]. Default: none."
            ),
        ]
        | UnsetType
    ) = UNSET
    address: Annotated[
        Literal["Client", "Peer"],
        Meta(
            description="Which address is meant. Client: the last one that the gateway's trusted proxies "
            "(--trusted-proxies) have written into X-Forwarded-For and that is not one of theirs; without such a proxy "
            "the connection's. Peer: the address that the connection comes from, whatever a proxy says. Default: "
            "Client."
        ),
    ] = "Client"
