"""The objects of a cluster, for pages: all that is asked of it is asked with the rights of the user.

How long a list will do belongs in `latest`, how it is read in `cluster_reader`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import click

from postern_cli.cluster.fetch_references import fetch_references
from postern_cli.cluster.overlay import laid_over
from postern_cli.errors import ClusterReadingError, RefusedError
from postern_cli.load_folders import problems_of
from postern_cli.printing import printable
from postern_cli.sources import Where, no_secrets
from postern_cli.token import serving_credential
from postern_cli.visibility import Unread, certain
from postern_console.editing.change import Change
from postern_console.editing.forms import FORMS
from postern_console.editing.review import Review, review_of
from postern_console.object_document import ObjectDocument
from postern_console.permissions import Permissions
from postern_console.state import ConsoleState
from postern_core.compile import compile_snapshot
from postern_core.grants import Grants
from postern_core.link.shares import DEFAULT_SHARE, Share
from postern_core.parse import Parsed
from postern_core.problems import Problem
from postern_core.ref import Ref
from postern_core.snapshot import Credential, Snapshot
from postern_operator.errors import LocalError
from postern_operator.validators import VALIDATORS

from .access_reviews import AccessReviews
from .applying import carry_out, live_object, tried_out
from .cluster_change import ClusterChange, change_of
from .cluster_gateways import ClusterGateways
from .cluster_reader import ClusterReader, ClusterReading
from .held_objects import written_part
from .latest import Latest
from .ownership import tool_of
from .permissions import KEPT, Asking, permissions_of
from .secret_change import SecretChange, create_secret
from .session import Session

# In how many namespaces it is asked whether a new object may be there.
NAMESPACES_MAX = 20

READ_ONLY = "this console only reads the cluster; apply the manifest, or start the console with --write"
ELSEWHERE = "this console is about the namespace {} alone; name that one, or start another without -n"


class ClusterObjects:
    """A cluster as one user sees it."""

    def __init__(self, session: Session, where: Where, share: Share = DEFAULT_SHARE, *, writes: bool = False) -> None:
        self._session = session
        self._where = where
        self._share = share
        self._writes = writes
        self._reviews = AccessReviews()
        self._reader = ClusterReader(where.namespace, share, takes_secrets=writes)
        self._latest = Latest(self._read)
        self.gateways = ClusterGateways(session, where.namespace, self.state)

    async def __aenter__(self) -> Self:
        await self._latest.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._latest.__aexit__()

    async def state(self) -> ConsoleState:
        """The cluster as it is now, or was a moment ago; raises `ClusterReadingError`."""
        return (await self._latest.get()).state

    async def document(self, parsed: Parsed) -> ObjectDocument | None:
        """What a user writes of the object: as it was listed last, or for one who may change it as it is now."""
        held = (await self._latest.get()).held.get(parsed.ref)
        live = held.manifest if held is not None else None
        if self._writes and parsed.ref.kind in FORMS:
            with contextlib.suppress(RefusedError):  # One who may list, and not get.
                live = await live_object((await self._session.connection()).api, parsed.ref)
        if live is None:
            return None
        return ObjectDocument(f"resourceVersion {live['metadata']['resourceVersion']}", None, written_part(live), live)

    async def permissions(self, ref: Ref) -> Permissions:
        """What the user may do with an object, or with any of a kind, as far as it can be known before."""
        reading, connection = await self._latest.get(), await self._session.connection()
        held = reading.held.get(ref)
        return await permissions_of(
            Asking(connection, self._reviews, self._writes), ref, held, self._namespaces(reading, connection.namespace)
        )

    async def snapshot(self, gateway: str, matters: Callable[[Parsed], bool]) -> tuple[Snapshot, tuple[str, ...]]:
        """What a gateway would serve, with the Secrets of the objects that matter, and what of those is missing."""
        reading = await self._latest.get()
        api = (await self._session.connection()).api
        fetched = await fetch_references(api, reading.objects, matters)
        objects = (*reading.objects, *fetched.objects)
        snapshot = await asyncio.to_thread(self._compile, objects, gateway)
        told = Unread(refused={**reading.left_out.refused, **fetched.refused}, lines=reading.left_out.lines).told
        return snapshot, tuple(map(printable, told))

    async def credential(self, ref: Ref) -> Credential:
        """A credential by the Secrets that it names, and no others; raises `click.ClickException`."""
        reading = await self._latest.get()
        api = (await self._session.connection()).api
        meant = [parsed for parsed in reading.objects if parsed.ref == ref]
        fetched = await fetch_references(api, meant, lambda _: True)
        if fetched.refused:
            told = "; ".join(Unread(refused=fetched.refused).told)
            raise click.ClickException(f"a token can't be made without {printable(told)}")
        objects = (*reading.objects, *fetched.objects)
        return await asyncio.to_thread(serving_credential, ref, objects, Grants())

    async def review(self, changed: Parsed, *beside: Parsed) -> Review:
        """What would be wrong if one object were another, or new; it keeps its age."""
        reading = await self._latest.get()
        api = (await self._session.connection()).api
        present = {parsed.ref for parsed in (*reading.objects, *beside)}
        fetched = await fetch_references(api, [changed], no_secrets)
        objects = (*reading.objects, *beside, *(parsed for parsed in fetched.objects if parsed.ref not in present))
        left_out = Unread(
            reading.left_out.namespaces,
            {**reading.left_out.refused, **fetched.refused},
            (reading.left_out.unasked | fetched.unasked) - present,
        )
        before = [problem for problems in reading.state.problems.values() for problem in problems]
        applied = laid_over(objects, [changed])[-1]

        def find(every: Sequence[Parsed]) -> tuple[Problem, ...]:
            return certain(problems_of(every, self._share), every, left_out)

        return await asyncio.to_thread(review_of, objects, applied, before, find)

    async def change(
        self, ref: Ref, manifest: Mapping[str, Any], before: ObjectDocument | None, *, takes_over: bool
    ) -> Change:
        """What applying the manifest would change; a console that writes has asked the API server by then."""
        if self._where.namespace not in ("", ref.namespace):
            raise LocalError(ELSEWHERE.format(self._where.namespace))
        if ref.kind == "Secret":
            return await self._secret(ref, manifest)
        change = change_of(ref, before.manifest if before else None, manifest, self._where)
        if not self._writes:
            return replace(change, why_not=READ_ONLY)
        live = before.live if before else None
        if live is not None and (tool := tool_of(live)):
            # The list by which the form was opened may be older.
            return replace(change, why_not=KEPT.format(tool))
        api = (await self._session.connection()).api
        return await tried_out(api, replace(change, live=live, takes_over=takes_over and live is not None))

    async def save(self, change: Change) -> None:
        """Apply a change; raises `LocalError` where the object is not as it was, or for a console that only reads."""
        if not self._writes:
            raise LocalError(READ_ONLY)
        api = (await self._session.connection()).api
        if isinstance(change, SecretChange):
            await create_secret(api, change.ref, change.manifest, is_dry=False)
            return
        assert isinstance(change, ClusterChange)
        try:
            await carry_out(api, change)
        finally:
            self._latest.expire()

    async def _secret(self, ref: Ref, manifest: Mapping[str, Any]) -> Change:
        """A Secret to be made; raises `LocalError` where the API server would refuse it."""
        if not self._writes:
            raise LocalError(READ_ONLY)
        await create_secret((await self._session.connection()).api, ref, manifest, is_dry=True)
        return SecretChange(old="", new="", ref=ref, manifest=manifest)

    def _namespaces(self, reading: ClusterReading, usual: str) -> list[str]:
        """Where a new object may be wanted: everywhere, or where the user mostly is, or where there are others."""
        if self._where.namespace:
            return [self._where.namespace]
        found = sorted({parsed.ref.namespace for parsed in reading.state.objects.values()} - {usual})
        return ["", usual, *found[:NAMESPACES_MAX]]

    async def _read(self) -> ClusterReading:
        try:
            return await self._reader.read(await self._session.connection())
        except ClusterReadingError:
            self._session.renew()
            raise

    def _compile(self, objects: tuple[Parsed, ...], gateway: str) -> Snapshot:
        return compile_snapshot(
            objects, inspectors=VALIDATORS, gateway=gateway, share=self._share, grants=Grants()
        ).snapshot
