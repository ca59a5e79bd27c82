"""What a user may do with an object of a cluster: by whose it is, and by the rights that the API server grants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from postern_cli.cluster.connection import Connection
from postern_console.editing.forms import FORMS
from postern_console.permissions import Permissions
from postern_core.kinds import KINDS
from postern_core.ref import Ref
from postern_operator.cluster.watch.references import references_of

from .access_reviews import AccessReviews
from .held_objects import HeldObject
from .ownership import tool_of

KEPT = "{} keeps it as its source has it; change it there"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and whether the console was started to write."""

    connection: Connection
    reviews: AccessReviews
    writes: bool

    async def may(self, verb: str, ref: Ref) -> bool:
        return await self.reviews.may(self.connection.api, verb, ref)


async def permissions_of(asking: Asking, ref: Ref, held: HeldObject | None, namespaces: Iterable[str]) -> Permissions:
    """The permissions for an object, or for one without a name to make one in one of the namespaces.

    A kind without a form is only looked at, so that nothing is asked.
    """
    if ref.kind not in FORMS:
        return Permissions()
    if not ref.name:
        return Permissions(edit=await _why_none_is_made(asking, ref.kind, namespaces) if asking.writes else "")
    if held is None:
        return Permissions()
    tool = tool_of(held.manifest)
    token = await _why_no_token(asking, held)
    if not asking.writes:
        note = f"{tool} keeps it as its source has it: what is applied here is undone." if tool else ""
        return Permissions(token=token, note=note)
    if tool:
        return Permissions(KEPT.format(tool), token)
    may = await asking.may("patch", ref)
    return Permissions("" if may else f"you may not patch {_resource(ref.kind)} in namespace {ref.namespace}", token)


async def _why_none_is_made(asking: Asking, kind: str, namespaces: Iterable[str]) -> str:
    """Server-side apply takes the right to create and the right to patch."""
    for namespace in namespaces:
        ref = Ref(kind, namespace, "")
        if await asking.may("create", ref) and await asking.may("patch", ref):
            return ""
    return f"you may not create and patch {_resource(kind)} in any namespace that is known"


async def _why_no_token(asking: Asking, held: HeldObject) -> str:
    """The Secret of a credential that the user may not read."""
    if held.parsed.ref.kind != "JWTCredential":
        return ""
    for ref in sorted(references_of(held.parsed)):
        if ref.kind == "Secret" and not await asking.may("get", ref):
            return f"you may not get Secret {ref.path}"
    return ""


def _resource(kind: str) -> str:
    return f"{KINDS[kind].plural}.postern.dev"
