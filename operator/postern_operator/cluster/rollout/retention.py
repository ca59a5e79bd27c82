"""Which namespaces are served as they were published, because something of theirs has never been read.

Pure.  What is read belongs in `watch`, what carrying over means in `postern_core.link.retained`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from postern_core.grants import Grants
from postern_core.kinds import FRONT_ENDS
from postern_core.link.retained import NOTHING, Identified, Retained, namespace_of, retain
from postern_core.snapshot import Snapshot
from postern_operator.cluster.watch.informer import Scope


def retained_by(unread: Collection[Scope], published: Snapshot, grants: Grants) -> Retained:
    """Return what is carried over of what was published and granted last.

    Of a kind of ours, the namespaces matter that have something of that kind, and of IngressClasses those that have an
    Ingress; any other kind may matter to all of the objects in a namespace.
    """
    if not unread:
        return NOTHING
    namespaces: set[str] = set()
    without_policies = frozenset(namespace for kind, namespace in unread if kind == "JWTPolicy")
    for read, namespace in unread:
        kind = "Ingress" if read == "IngressClass" else read
        if kind in FRONT_ENDS:
            having = _having(kind, published, grants)
            namespaces |= having & {namespace} if namespace else having
        elif not namespace:
            return retain(published, None)
        else:
            namespaces.add(namespace)
    return replace(retain(published, namespaces), without_policies=without_policies)


def _having(kind: str, published: Snapshot, grants: Grants) -> set[str]:
    """Return the namespaces in which there was an object of a kind."""
    entries: tuple[Identified, ...] = (
        *published.routes,
        *published.backends,
        *published.consumers,
        *published.credentials,
        *published.issuers,
        *published.policies,
    )
    found = {namespace_of(it) for it in entries if it.id.partition("/")[0] == kind}
    if kind in ("Service", "Ingress"):
        found |= {grant.namespace for grant in grants.hosts.values() if grant.holder.kind == kind}
    elif kind == "TokenIssuer":
        # Their routes would answer 503 without the issuers of others, too.
        found |= {policy.namespace for policy in published.policies if policy.token_issuers}
    elif kind == "JWTPolicy":
        # One that makes public, or refuses, is no entry of its own.
        found |= {route.namespace for route in published.routes if route.id.startswith("Ingress/")}
        found |= {grant.namespace for grant in grants.hosts.values() if grant.holder.kind == "Ingress"}
    elif kind == "JWTCredential":
        found |= {id_.partition("/")[0] for id_ in grants.keys}
    return found
