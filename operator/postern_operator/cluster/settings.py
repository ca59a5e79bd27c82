"""The settings of the operator in a cluster: by flags, or by environment where there is no flag.

Every attribute says its meaning, its unit and why it has this default.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from postern_core.link.shares import DEFAULT_SHARE, Share, parse_share
from postern_core.resources.types import LABEL_PATTERN
from postern_kit.addresses import Address, parse_address

PREFIX = "POSTERN_OPERATOR_"
POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
LEASE_NAMESPACE = "postern-system"

EXAMPLES = """\
examples:
  python -m postern_operator
      in a pod: all namespaces, for the gateway `default`, which is published into namespace postern-default
  python -m postern_operator --gateway public=edge --gateway internal=inner
      two gateways, each published into a namespace of its own
  python -m postern_operator --kubeconfig ~/.kube/config --namespace demo
      from a laptop, for what namespace demo declares

each option may be given as an environment variable too: POSTERN_OPERATOR_GATEWAY="public=edge,internal=inner"
"""


class Gateway(NamedTuple):
    """A gateway, and the namespace that is for what is published for it."""

    name: str
    namespace: str


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All that an operator is told."""

    gateways: tuple[Gateway, ...] = (Gateway("default", "postern-default"),)
    """The gateways that are published for.  By default the one that a Service names when it names none."""

    namespaces: tuple[str, ...] = ()
    """The namespaces whose objects count; none are all.  All, because a tenant is one kubectl away."""

    share: Share = DEFAULT_SHARE
    """What each namespace may put into a gateway.  Generous, so that only what is no use of a gateway meets it."""

    kubeconfig: str = ""
    """How to reach the API server; "" is the pod's service account, and outside of a pod what kubectl takes."""

    lease_namespace: str = LEASE_NAMESPACE
    """Where the Lease is by which replicas agree who acts.  By default the operator's own namespace."""

    admin: Address = Address("127.0.0.1", 9082)
    """Where health, readiness and metrics are asked for.  Loopback, so that nothing is exposed by forgetting it."""


def read_settings(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the command line and the environment (None: this process's); a mistake ends it with the usage, status 2."""
    parser = argparse.ArgumentParser(
        prog="python -m postern_operator",
        description="Compile what a cluster declares, publish it to gateways, and tell each object in its status.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_options(parser)
    given = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    defaults: dict[str, Any] = {"lease_namespace": _own_namespace()}
    settings = Settings(
        **defaults | _from_environment(parser, os.environ if environment is None else environment) | given
    )
    _refuse_shared_namespaces(parser, settings)
    return settings


def _add_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--gateway", dest="gateways", type=_gateways, action=_Collect, metavar="NAME=NAMESPACE",
        help="publish for this gateway into that namespace; may be repeated (default=postern-default)")  # fmt: skip
    add("--namespace", dest="namespaces", type=_namespaces, action=_Collect, metavar="NAMESPACE",
        help="only the objects of this namespace; may be repeated (all)")  # fmt: skip
    add("--namespace-share", dest="share", type=_share, metavar="PART=N,...",
        help=f"what each namespace may put into a gateway ({DEFAULT_SHARE})")  # fmt: skip
    add("--kubeconfig", metavar="FILE", help="how to reach the API server (the pod's service account)")
    add("--lease-namespace", type=_namespace, metavar="NAMESPACE", help="of the Lease (the operator's own)")
    add("--admin", type=_address, metavar="HOST:PORT", help="health, readiness and metrics (127.0.0.1:9082)")


class _Collect(argparse.Action):
    """Adds the values of each occurrence to those before."""

    def __call__(
        self, _parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, _option: str | None = None
    ) -> None:
        setattr(namespace, self.dest, (getattr(namespace, self.dest) or ()) + values)


def _from_environment(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> dict[str, Any]:
    """What is set there, by the same rules as on the command line."""
    types: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
        ("GATEWAY", "gateways", _gateways),
        ("NAMESPACE", "namespaces", _namespaces),
        ("NAMESPACE_SHARE", "share", _share),
        ("KUBECONFIG", "kubeconfig", str),
        ("LEASE_NAMESPACE", "lease_namespace", _namespace),
        ("ADMIN", "admin", _address),
    )
    found = {}
    for name, attribute, type_ in types:
        text = environment.get(PREFIX + name, "")
        if text:
            try:
                found[attribute] = type_(text)
            except argparse.ArgumentTypeError as error:
                parser.error(f"{PREFIX}{name}: {error}")
    return found


def _refuse_shared_namespaces(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """Two gateways in one namespace would read each other's keys, and overwrite each other's index."""
    for attribute in ("name", "namespace"):
        values = [getattr(gateway, attribute) for gateway in settings.gateways]
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            parser.error(f"--gateway: the {attribute} {twice[0]!r} is given twice; each gateway needs one of its own")


def _own_namespace() -> str:
    try:
        return POD_NAMESPACE.read_text(encoding="utf-8").strip() or LEASE_NAMESPACE
    except OSError:
        return LEASE_NAMESPACE


def _gateways(text: str) -> tuple[Gateway, ...]:
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, namespace = part.partition("=")
        if not equals:
            raise argparse.ArgumentTypeError(f"{part!r} is not NAME=NAMESPACE, such as default=postern-default")
        found.append(Gateway(_namespace(name), _namespace(namespace)))
    return tuple(found)


def _share(text: str) -> Share:
    try:
        return parse_share(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _namespaces(text: str) -> tuple[str, ...]:
    return tuple(_namespace(part) for part in filter(None, (part.strip() for part in text.split(","))))


def _namespace(text: str) -> str:
    if not re.match(LABEL_PATTERN, text) or len(text) > 63:
        raise argparse.ArgumentTypeError(f"{text!r} is not a name of Kubernetes: lower-case letters, digits and '-'")
    return text


def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
