"""Makes the Secrets of credentials that name no key, each once.

Which ones are wanted, and what they look like, belongs in `postern_core.generated_secrets`.
A Secret that is there already is never touched: whether it is the credential's
own, or is merely in its way, is for the compiler to say.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from postern_core.generated_secrets import WantedSecret, generated_manifest, wanted_secrets
from postern_core.parse import Parsed
from postern_core.ref import Ref

from .api.resource_types import SECRETS
from .api.run_bounded import run_bounded
from .api.writer import Writer
from .errors import ClusterError, RefusedError

# Many credentials may come at once; the last of them may wait longer than a second.
WRITES_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class GenerationResult:
    """The Secrets that were made now, and what went wrong; both may be."""

    made: tuple[Ref, ...] = ()
    errors: tuple[ClusterError, ...] = ()


async def generate_missing(objects: Iterable[Parsed], writer: Writer) -> GenerationResult:
    """Make what is wanted by these objects and not among them; raises nothing, and may be repeated at once.

    The objects must be all that there are: what isn't among them is asked for, and refused where it is there.
    """
    objects = tuple(objects)
    present = {parsed.ref for parsed in objects if parsed.ref.kind == "Secret"}
    # Without its credential's uid a Secret could not go with it.
    missing = [wanted for wanted in wanted_secrets(objects) if wanted.ref not in present and wanted.uid]
    made: list[Ref] = []
    errors = await run_bounded((partial(_make, wanted, writer, made) for wanted in missing), WRITES_AT_ONCE)
    return GenerationResult(tuple(sorted(made)), tuple(errors))


async def _make(wanted: WantedSecret, writer: Writer, made: list[Ref]) -> None:
    text = base64.b64encode(secrets.token_bytes(wanted.size_bytes)).decode()
    try:
        await writer.create(SECRETS.path(wanted.ref.namespace), generated_manifest(wanted, text))
    except RefusedError as error:
        # Another client was faster, or the watch has not delivered ours yet.
        if error.reason != "AlreadyExists":
            raise
    else:
        made.append(wanted.ref)
