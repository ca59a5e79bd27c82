"""A cluster's overview as a tree for people: gateways with what they serve, consumers with their credentials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import click

from postern_cli.printing import printable
from postern_core.kinds import KINDS, Kind

from .installation import Leader, Published
from .overview import ObjectState, Overview, is_served
from .pods import Pod

# As many hex digits as the log and the table of a run show.
DIGEST_CHARS = 12

Children = dict[tuple[str, str], list[ObjectState]]


@dataclass(slots=True)
class Node:
    """A line, and what hangs below it."""

    label: str
    children: list[Node] = field(default_factory=list)


def as_tree(overview: Overview) -> Iterator[str]:
    """The lines, with colours that the caller may take off again."""
    children = _children(overview.objects)
    services = [it for it in overview.objects if it.kind in ("Service", "Ingress")]
    nodes = [
        Node(_leader(overview.operator), _unreadable(overview.operator)),
        *(_gateway(one, services, children) for one in overview.gateways),
    ]
    nodes += _elsewhere(overview, children)
    for node in nodes:
        yield node.label
        yield from _branches(node.children, "")
    for line in overview.left_out:
        yield click.style(f"Left out: {printable(line)}.", fg="yellow")
    yield _summary(overview)


def _branches(nodes: list[Node], indent: str) -> Iterator[str]:
    for place, node in enumerate(nodes, 1):
        is_last = place == len(nodes)
        yield f"{indent}{'└── ' if is_last else '├── '}{node.label}"
        yield from _branches(node.children, indent + ("    " if is_last else "│   "))


def _leader(leader: Leader) -> str:
    where = f"Operator, Lease {leader.namespace}/postern-operator:"
    if leader.unknown:
        return f"{where} {click.style(f'unknown ({leader.unknown})', fg='yellow')}"
    if leader.is_held:
        held = click.style("held", fg="green")
        return f"{where} {held} by {printable(leader.holder)}, renewed {leader.renewed_s_ago} s ago"
    ago = "" if leader.renewed_s_ago is None else f"; last renewed {leader.renewed_s_ago} s ago"
    return f"{where} {click.style(f'not held{ago}: no operator acts', fg='red')}"


def _unreadable(leader: Leader) -> list[Node]:
    told = [f"can't read {printable(one)}; it is served as it was" for one in leader.unreadable]
    return [Node(click.style(text, fg="red")) for text in told]


def _gateway(published: Published, services: Iterable[ObjectState], children: Children) -> Node:
    where = f"Gateway {published.gateway}, namespace {published.namespace}:"
    nodes = [Node(_pod(pod, published)) for pod in published.pods]
    nodes += [_object(it, children) for it in services if published.gateway in it.gateways]
    return Node(f"{where} {_published(published)}", nodes)


def _published(published: Published) -> str:
    if published.unknown:
        return click.style(f"unknown ({published.unknown})", fg="yellow")
    if not published.digest:
        return click.style("nothing is published there", fg="red")
    told = f"{published.digest[:DIGEST_CHARS]} is published"
    if published.pods_unknown:
        return f"{told}, {click.style(f'its pods are unknown ({published.pods_unknown})', fg='yellow')}"
    ready = [pod for pod in published.pods if pod.is_ready]
    if not ready:
        return f"{told}, {click.style('no pod is ready', fg='red')}"
    serving = sum(pod.digest == published.digest for pod in ready)
    text = f"{serving} of {len(ready)} ready {'pod serves' if len(ready) == 1 else 'pods serve'} it"
    return f"{told}, {click.style(text, fg='green' if is_served(published) else 'yellow')}"


def _pod(pod: Pod, published: Published) -> str:
    port = f"[{pod.address}]:{pod.port}" if ":" in pod.address else f"{pod.address}:{pod.port}"
    who = f"Pod {pod.name} ({port})" if pod.name else f"Address {port}"
    ready = "" if pod.is_ready else ", not ready"
    if pod.unknown:
        return f"{who}{ready}: {click.style(f'unknown ({pod.unknown})', fg='yellow')}"
    if not pod.digest:
        return f"{who}{ready}: {click.style('serves nothing yet, or its workers differ', fg='yellow')}"
    is_new = pod.digest == published.digest
    digest = printable(pod.digest[:DIGEST_CHARS])
    return f"{who}{ready}: {click.style(f'serves {digest}', fg='green' if is_new else 'yellow')}"


def _elsewhere(overview: Overview, children: Children) -> list[Node]:
    """What hangs on no gateway: services and routes that nothing serves, and who may call."""
    shown = {one.gateway for one in overview.gateways}
    present = {(it.kind, it.path) for it in overview.objects}
    groups: dict[str, list[Node]] = {
        heading: [] for heading in ("Ingresses of no gateway", *map(_heading, KINDS.values()))
    }
    for it in overview.objects:
        kind = KINDS.get(it.kind)
        if kind is None:
            is_elsewhere = not shown.intersection(it.gateways)
        elif kind.parent is not None:
            is_elsewhere = (kind.parent.kind, f"{it.namespace}/{it.parent}") not in present
        else:
            is_elsewhere = not kind.is_placed or not shown.intersection(it.gateways)
        if is_elsewhere:
            groups[_heading(kind) if kind else "Ingresses of no gateway"].append(_object(it, children))
    return [Node(heading, nodes) for heading, nodes in groups.items() if nodes]


def _heading(kind: Kind) -> str:
    if kind.parent is not None:
        return f"{kind.title} without a {kind.parent.kind}"
    return f"{kind.title} of no gateway" if kind.is_placed else kind.title


def _children(objects: Iterable[ObjectState]) -> Children:
    """What hangs below each object, by the object's kind and path."""
    found: Children = {}
    for it in objects:
        parent = KINDS[it.kind].parent if it.kind in KINDS else None
        if parent is not None:
            found.setdefault((parent.kind, f"{it.namespace}/{it.parent}"), []).append(it)
    return found


def _object(it: ObjectState, children: Children) -> Node:
    about = f" ({printable(it.about)})" if it.about else ""
    state = click.style("Ready", fg="green")
    if it.trouble:
        state = click.style(printable("; ".join(it.trouble)), fg="red")
    below = [_object(child, children) for child in children.get((it.kind, it.path), ())]
    return Node(f"{it.kind} {it.path}{about}: {state}", below)


def _summary(overview: Overview) -> str:
    total = len(overview.objects)
    objects = f"{total} object{'' if total == 1 else 's'}"
    if overview.is_ready:
        return click.style(f"All is well: {objects}.", fg="green")
    unready = sum(not it.is_ready for it in overview.objects)
    return click.style(f"Not all is well: {unready} of {objects} not ready.", fg="red" if unready else "yellow")
