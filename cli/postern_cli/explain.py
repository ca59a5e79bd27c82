"""`postern explain`: what the gateway would do with a request, and why."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from msgspec import structs

from postern_core.compile import compile_snapshot
from postern_core.grants import Grants
from postern_core.parse import Parsed, is_a
from postern_core.resources.jwt_credential import JWTCredential
from postern_core.snapshot import Snapshot
from postern_dataplane.decision.outcome import Forward
from postern_dataplane.request.denials import Denial
from postern_dataplane.request.head import RequestHead
from postern_dataplane.table.routing_table import build_table
from postern_operator.validators import VALIDATORS

from .arguments import IPAddress, Line, compile_options, folders_or_none, listener_option, listeners_of
from .explanation.credential_hints import keys_named_in
from .explanation.fetched_keys import fetched_keys_of
from .explanation.redaction import Redaction
from .explanation.request import PEER, WrittenRequest, written_request
from .explanation.text import connecting, text_of
from .explanation.trace import Explanation, explain_unread
from .explanation.trace import explain as explain_request
from .explanation.upstream_probe import probed
from .load_folders import gateways_of, grants_of, tell_left_out, tell_mistakes
from .load_objects import LoadedObjects, load_objects
from .sources import KeysWanted, Wanted, Where, cluster_option, namespace_option, source_of, where_options
from .visibility import certain


class WithoutDashes(click.Command):
    """Lets `--` divide the folders from the request, and options stand behind it as with curl."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            args.remove("--")
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 # the interface is click's
        return ["[OPTIONS]", "FOLDER...", "--", "METHOD", "URL", "[-H 'K: V']..."]


@click.command(cls=WithoutDashes, short_help="Say what the gateway would do with a request, and why.")
@folders_or_none
@click.argument("method")
@click.argument("url")
@click.option("--gateway", metavar="NAME", default="default", show_default=True, help="Which gateway to ask.")
@click.option("--header", "-H", metavar="'K: V'", type=Line(), multiple=True, help="A header of it; may be repeated.")
@click.option("--from", "peer", type=IPAddress(), default=PEER, show_default=True, help="The client's address.")
@click.option("--connect", "connects", is_flag=True, help="Also connect to the upstream, and say what fails.")
@compile_options
@listener_option
@cluster_option
@namespace_option
@where_options
def explain(
    *,
    folders: tuple[Path, ...],
    method: str,
    url: str,
    gateway: str,
    header: tuple[str, ...],
    peer: str,
    connects: bool,
    is_cluster: bool,
    context: str,
    kubeconfig: str,
    namespace: str,
    **rules: Any,
) -> None:
    """Say what the gateway would do with a request, and why.

    It names the route that takes the request and why the others don't, where the token was found, each check
    with its outcome, and what would be sent upstream. Tokens and cookies are never printed.
    The exit status is 0 when it could be explained, whether the request would pass or not.
    With --connect, the upstream of a request that would pass is connected to from here, and a failure of TLS is named.
    With --cluster, of all credentials only the Secrets of those that a token in the request names are read.

    \b
    Examples:
      postern explain manifests -- GET http://auth.httpbin.org/v1/json
      postern explain manifests -- GET https://shop.example.com/v1/orders -H "Authorization: Bearer $TOKEN"
      kubectl postern explain -- GET https://shop.example.com/v1/orders
    """  # noqa: D301 # click wants the character, not its escape
    source = source_of(folders, Where(context, kubeconfig, namespace), is_cluster=is_cluster)
    written = written_request(method, url, header)
    head = written.read(peer=peer)
    gathered = load_objects(source, Wanted(has_use_for_secrets=matters_to(head), fetched_keys=KeysWanted.KEPT))
    tell_mistakes(gathered.reading)
    tell_left_out(gathered.left_out)
    snapshot = _snapshot_for(gateway, gathered, grants_of(source, gateway), **rules)
    explanation = explained(written, head, snapshot)
    click.echo("\n".join(_told(explanation, snapshot, gathered)))
    if connects and isinstance(explanation.decision, Forward):
        click.echo("\n".join(connecting(probed(explanation.decision))))


def _told(explanation: Explanation, snapshot: Snapshot, gathered: LoadedObjects) -> Iterator[str]:
    yield from text_of(explanation, Redaction(snapshot.policies, explanation.token))
    yield from fetched_keys_of(explanation, gathered.fetched)


def _snapshot_for(
    gateway: str, gathered: LoadedObjects, grants: Grants, *, listener: Iterable[str], **rules: Any
) -> Snapshot:
    """Compile for this gateway, with a warning on standard error where mistakes may matter."""
    objects = gathered.objects
    if gateway not in gateways_of(objects):
        raise click.ClickException(f"no Service is served by a gateway named {gateway}; {_known(gateways_of(objects))}")
    compiled = compile_snapshot(objects, inspectors=VALIDATORS, gateway=gateway, grants=grants, **rules)
    problems = certain(compiled.problems, objects, gathered.left_out)
    if not all(problem.is_warning for problem in problems):
        click.echo("Warning: what is wrong in these manifests may matter here; see `postern validate`.", err=True)
    return structs.replace(compiled.snapshot, listeners=listeners_of(listener, gateway))


def explained(written: WrittenRequest, head: RequestHead | Denial, snapshot: Snapshot) -> Explanation:
    """Explain a request as it was written and as the data port reads it."""
    if isinstance(head, Denial):
        return explain_unread(written.method, written.target, head)
    table = build_table(snapshot, "")
    return explain_request(structs.replace(head, port=written.port_in(table)), table, time.time())


def matters_to(head: RequestHead | Denial) -> Callable[[Parsed], bool]:
    """Whose Secrets matter to a request: certificates of upstreams, keys of issuers, and those that its tokens name."""
    keys = frozenset() if isinstance(head, Denial) else keys_named_in(head)

    def matters(parsed: Parsed) -> bool:
        if is_a(parsed, JWTCredential):
            return (parsed.resource.spec.key or parsed.ref.name) in keys
        return parsed.ref.kind in ("Service", "TokenIssuer")

    return matters


def _known(gateways: tuple[str, ...]) -> str:
    return f"there is {', '.join(gateways)}"
