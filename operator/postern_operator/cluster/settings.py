"""The settings of the operator in a cluster: each is declared here, once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Annotated, NamedTuple

import msgspec

from postern_core.link.shares import DEFAULT_SHARE, Share, parse_share
from postern_core.listeners import METAVAR, bind_port_of, check_listeners, read_listener
from postern_core.resources.types import LABEL_PATTERN
from postern_core.snapshot_listeners import Listener
from postern_core.special_addresses import AllowedAddresses, Network, read_allowed_addresses
from postern_kit.addresses import Address
from postern_kit.options import read_command_line
from postern_kit.pod import own_namespace
from postern_kit.settings import ADDRESS, FILE, Option, Syntax, one_of

PREFIX = "POSTERN_OPERATOR"
LEASE_NAMESPACE = "postern-system"

EXAMPLES = """\
\b
Examples:
  python -m postern_operator
      in a pod: all namespaces, for the gateway `default`, which is published into namespace postern-default
  python -m postern_operator --gateway public=edge --gateway internal=inner
      two gateways, each published into a namespace of its own
  python -m postern_operator --kubeconfig ~/.kube/config --namespace demo
      from a laptop, for what namespace demo declares
  POSTERN_OPERATOR_GATEWAY="public=edge,internal=inner" python -m postern_operator
      two gateways by a variable, with a comma between them
"""


class Gateway(NamedTuple):
    """A gateway, and the namespace that is for what is published for it."""

    name: str
    namespace: str


def _namespace(text: str) -> str:
    if not re.match(LABEL_PATTERN, text) or len(text) > 63:
        raise ValueError(f"{text!r} is not a name of Kubernetes: lower-case letters, digits and '-'")
    return text


def _parts(text: str) -> list[str]:
    return [part for part in (part.strip() for part in text.split(",")) if part]


def _namespaces(text: str) -> tuple[str, ...]:
    return tuple(_namespace(part) for part in _parts(text))


def _gateways(text: str) -> tuple[Gateway, ...]:
    found = []
    for part in _parts(text):
        name, equals, namespace = part.partition("=")
        if not equals:
            raise ValueError(f"{part!r} is not NAME=NAMESPACE, such as default=postern-default")
        found.append(Gateway(_namespace(name), _namespace(namespace)))
    return tuple(found)


class GatewayListener(NamedTuple):
    """A listener, and the gateway whose it is."""

    gateway: str
    listener: Listener


def _listeners(text: str) -> tuple[GatewayListener, ...]:
    found = []
    for part in _parts(text):
        gateway, slash, listener = part.partition("/")
        if not slash or "=" in gateway:
            raise ValueError(f"{part!r} is not GATEWAY/NAME=URL, such as default/internal=http://*:8081")
        found.append(GatewayListener(gateway, read_listener(listener, gateway, bind_port_of)))
    return tuple(found)


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part) for part in _parts(text))


def _hosts(text: str) -> tuple[str, ...]:
    for part in (found := tuple(_parts(text))):
        if not re.fullmatch(r"[A-Za-z0-9.:_*-]+", part):
            raise ValueError(f"{part!r} is not a host or a pattern of hosts such as *.example.com")
    return found


GATEWAYS = Syntax("NAME=NAMESPACE", _gateways, lambda gateways: ",".join("=".join(one) for one in gateways))
LISTENERS = Syntax(f"GATEWAY/{METAVAR}", _listeners)
NAMESPACES = Syntax("NAMESPACE", _namespaces)
NAMESPACE = Syntax("NAMESPACE", _namespace)
NAMES = Syntax("NAME", _namespaces)
SHARE = Syntax("PART=N,...", parse_share)
NETWORKS = Syntax("CIDR,...", _networks)
HOSTS = Syntax("PATTERN,...", _hosts)
ADDRESSES = Syntax("WORD|CIDR,...", read_allowed_addresses)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of an operator."""

    gateways: Annotated[tuple[Gateway, ...], Option(
        GATEWAYS, "Publish for this gateway into that namespace, which is for nothing else; may be repeated.",
        "The default is the gateway of a Service that names none.",
        spelling="--gateway", repeats=True,
    )] = (Gateway("default", "postern-default"),)  # fmt: skip
    listeners: Annotated[tuple[GatewayListener, ...], Option(
        LISTENERS, "A further port of a gateway, as http://HOSTNAME:PORT, or https://; may be repeated.",
        "The ports of the data plane's own settings are there anyway: see [listeners](../listeners.md).",
        spelling="--listener", default="none", repeats=True,
    )] = ()  # fmt: skip
    namespaces: Annotated[tuple[str, ...], Option(
        NAMESPACES, "Only the objects of this namespace count; may be repeated.",
        "All by default, because a tenant is one kubectl away.",
        spelling="--namespace", default="all", repeats=True,
    )] = ()  # fmt: skip
    share: Annotated[Share, Option(
        SHARE, "What each namespace may put into a gateway.",
        "Generous, so that no ordinary use of a gateway meets it: see [its share](limits.md#the-share-of-a-namespace).",
        spelling="--namespace-share",
    )] = DEFAULT_SHARE  # fmt: skip
    require_policy: Annotated[tuple[str, ...], Option(
        NAMES, "This gateway answers 503 where no policy protects a route or says mode Disabled; may be repeated.",
        "So deleting a policy never opens a route: see [closed by default](../jwt-policies.md#closed-by-default).",
        repeats=True, default="none",
    )] = ()  # fmt: skip
    ingress: Annotated[bool, Option(
        None, "Serve the Ingresses of classes with the controller postern.dev/ingress-controller.",
        "Off by default, because it takes rights on Ingresses of the whole cluster: see [Ingress](../ingress.md).",
    )] = False  # fmt: skip
    ingress_addresses: Annotated[str, Option(
        one_of("None", "ExternalIPs", "ClusterIP"),
        "The addresses in the status of Ingresses where the gateway's Service has none of a load balancer.",
        "Addresses within the cluster are of no use to clients outside, so they are said only where that is meant.",
    )] = "None"  # fmt: skip
    kubeconfig: Annotated[str, Option(
        FILE, "How to reach the API server.", "Outside of a pod, by default what kubectl takes.",
        default="the pod's service account",
    )] = ""  # fmt: skip
    lease_namespace: Annotated[str, Option(
        NAMESPACE, "Where the Lease postern-operator is, by which replicas agree who acts.",
        f"{LEASE_NAMESPACE} outside of a pod.", default="the operator's own",
    )] = msgspec.field(default_factory=lambda: own_namespace() or LEASE_NAMESPACE)  # fmt: skip
    admin: Annotated[Address, Option(
        ADDRESS, "Where health, readiness and metrics are asked for.",
        "Loopback, so that nothing is exposed by forgetting an option.",
    )] = Address("127.0.0.1", 9082)  # fmt: skip

    fetch_deny: Annotated[tuple[Network, ...], Option(
        NETWORKS, "Networks from which no keys of token issuers are fetched.",
        "Who may write a TokenIssuer says where the operator connects to: see [what may be fetched]"
        "(../issuer-keys.md#what-may-be-fetched).",
        default="none",
    )] = ()  # fmt: skip
    fetch_hosts: Annotated[tuple[str, ...], Option(
        HOSTS, "The hosts from which keys may be fetched, by name or pattern such as *.example.com.",
        "A Service that is dialled instead must fit too, as NAME.NAMESPACE.svc.",
        default="all",
    )] = ()  # fmt: skip
    fetch_allow: Annotated[AllowedAddresses, Option(
        ADDRESSES, "Special addresses from which keys may be fetched all the same, as --allowed-upstreams has them.",
        "What is there trusts all who can reach it.",
        default="none",
    )] = AllowedAddresses()  # fmt: skip

    def listeners_of(self, gateway: str) -> tuple[Listener, ...]:
        """Return the listeners of a gateway."""
        return tuple(it.listener for it in self.listeners if it.gateway == gateway)

    def __post_init__(self) -> None:
        """Refuse a name of no gateway, and two gateways in one namespace: they would read each other's keys."""
        self._check_listeners()
        unknown = set(self.require_policy) - {gateway.name for gateway in self.gateways}
        if unknown:
            raise ValueError(f"--require-policy: there is no gateway {min(unknown)!r}; name one of --gateway")
        for attribute in Gateway._fields:
            values = [getattr(gateway, attribute) for gateway in self.gateways]
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(
                    f"--gateway: the {attribute} {twice[0]!r} is given twice; each gateway needs one of its own"
                )

    def _check_listeners(self) -> None:
        names = {gateway.name for gateway in self.gateways}
        for gateway, listener in self.listeners:
            if gateway not in names:
                raise ValueError(f"--listener: {listener.id.removeprefix('Listener/')} is of no gateway of --gateway")
        for gateway in names:
            try:
                check_listeners(self.listeners_of(gateway))
            except ValueError as error:
                raise ValueError(f"--listener: {error}") from error


def read_settings(arguments: Sequence[str] | None = None) -> Settings:
    """Read the command line (None: this process's) and the environment; a mistake ends the process with status 2."""
    return read_command_line(
        Settings,
        arguments,
        program="python -m postern_operator",
        prefix=PREFIX,
        help_="Compile what a cluster declares, publish it to gateways, and tell each object in its status.",
        epilog=EXAMPLES,
    )
