"""`postern status`: a cluster's gateways, objects and callers, and what is wrong with each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import click
import msgspec

from postern_core.kinds import KINDS

from .arguments import Line
from .cluster.connection import connected
from .cluster.installation import read_leader, read_published
from .cluster.list_ingresses import list_ingresses
from .cluster.list_resources import list_resources
from .cluster.overview import Overview, gateways_named_by, ingress_state, overview_of, state_of
from .cluster.tree import as_tree
from .sources import Where, where_options

OPERATOR_NAMESPACE = "postern-system"


class Placed(click.ParamType[tuple[str, str]]):
    """A gateway and its namespace, as in the operator's option `--gateway`."""

    name = "text"
    # As of an option that may be repeated elsewhere: one a line.
    envvar_list_splitter = "\n"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Take the text apart."""
        if isinstance(value, tuple):
            return value
        gateway, equals, namespace = Line().convert(value, param, ctx).partition("=")
        if not (gateway and equals and namespace):
            self.fail(f"{value!r} is not NAME=NAMESPACE, such as default=postern-default", param, ctx)
        return gateway, namespace


@click.command(short_help="Show what a cluster serves, and what is wrong.")
@click.option("--namespace", "-n", metavar="NAME", default="", help="Only the objects of this namespace.")
@click.option(
    "--output", "-o", type=click.Choice(["text", "json"]), default="text", show_default=True, help="The format."
)
@click.option("--gateway", metavar="NAME=NAMESPACE", type=Placed(), multiple=True, help="Where a gateway is published.")
@click.option(
    "--operator-namespace", metavar="NAME", default=OPERATOR_NAMESPACE, show_default=True, help="Where the Lease is."
)
@click.option("--direct", is_flag=True, help="Ask pods at their own addresses, not through the API server.")
@where_options
def status(
    *,
    namespace: str,
    output: str,
    gateway: tuple[tuple[str, str], ...],
    operator_namespace: str,
    direct: bool,
    context: str,
    kubeconfig: str,
) -> None:
    """Show what a cluster serves, and what is wrong.

    A tree of gateways, their pods, services and routes, and of consumers with their credentials.
    What is wrong with an object is what the operator has written into its status; no Secret is read.
    An Ingress has no conditions there: `validate --cluster` says what is wrong with it.
    The exit status is 0 when it could be shown, whether all is well or not; `-o json` has a field `is_ready`.

    \b
    Examples:
      kubectl postern status
      kubectl postern status -n demo
      kubectl postern status --gateway public=edge -o json
    """  # noqa: D301 # click wants the character, not its escape
    where = Where(context, kubeconfig, namespace)
    overview = asyncio.run(_read(where, dict(gateway), operator_namespace, is_direct=direct))
    for line in as_json(overview) if output == "json" else as_tree(overview):
        click.echo(line)


async def _read(where: Where, gateways: dict[str, str], operator_namespace: str, *, is_direct: bool) -> Overview:
    async with connected(where) as connection:
        ours = await list_resources(connection, tuple(KINDS), where.namespace)
        manifests = [it for it in ours.manifests if it["kind"] in KINDS]
        ingresses = await list_ingresses(connection, where.namespace)
        states = [*map(state_of, manifests), *(ingress_state(one, of) for one, of in ingresses.ingresses)]
        named = gateways_named_by(states)
        leader = await read_leader(connection.api, operator_namespace)
        # Of a namespace, other gateways than its own are no business.
        with_others = not where.namespace
        wanted = named or ({"default"} if with_others else set())
        published = await read_published(connection.api, wanted, gateways, with_others=with_others, is_direct=is_direct)
    return overview_of(leader, published, states, (*ours.refusals, *ingresses.refusals))


def as_json(overview: Overview) -> Iterator[str]:
    """One JSON object."""
    yield msgspec.json.format(msgspec.json.encode(overview)).decode()
