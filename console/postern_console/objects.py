"""What pages ask of what a console is about: folders of manifests, or a cluster.

Every page knows this interface alone, so that all of them show either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from postern_core.parse import Parsed
from postern_core.ref import Ref
from postern_core.snapshot import Credential, Snapshot

from .editing.change import Change
from .editing.review import Review
from .gateways import Gateways
from .object_document import ObjectDocument
from .permissions import Permissions
from .state import ConsoleState


class ConsoleObjects(Protocol):
    """Objects that are read anew for each page, and may be written; errors are `LocalError` and `CommandError`."""

    @property
    def gateways(self) -> Gateways:
        """What serves the objects."""

    async def state(self) -> ConsoleState:
        """All objects as they are now, and what is wrong with them; of Secrets there is nothing in it."""

    async def document(self, parsed: Parsed) -> ObjectDocument | None:
        """The manifest of an object; None where it has changed too much since the state was read."""

    async def snapshot(self, gateway: str, matters: Callable[[Parsed], bool]) -> tuple[Snapshot, tuple[str, ...]]:
        """What a gateway would serve, and a line for each object that could not be read.

        It is for no page, as it holds secrets: of a cluster those that the objects name which matter.
        """

    async def credential(self, ref: Ref) -> Credential:
        """A JWTCredential with its keys; raises `click.ClickException` where it has none that serve."""

    async def review(self, changed: Parsed, *beside: Parsed) -> Review:
        """What would be wrong if one object were another, or new, with others that are new beside it."""

    async def permissions(self, ref: Ref) -> Permissions:
        """What may be done with an object, or without a name with any of its kind."""

    async def change(
        self, ref: Ref, manifest: Mapping[str, Any], before: ObjectDocument | None, *, takes_over: bool
    ) -> Change:
        """What a save would write, for an object that is there or, with None, for a new one.

        Raises `RefusedChangeError` for what would not be accepted; `takes_over` takes fields from their owners.
        """

    async def save(self, change: Change) -> None:
        """Write a change, unless something has come in between."""
