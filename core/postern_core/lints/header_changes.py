"""What of `requestHeaders` is no text for a manifest."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.header_names import canonical
from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.validators import Validators

OF_CREDENTIALS = frozenset({"authorization", "cookie"})


def header_holds_a_credential(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    changes = owner.spec.request_headers
    for part in ("set", "add") if changes else ():
        for index, it in enumerate(getattr(changes, part)):
            if canonical(it.name) in OF_CREDENTIALS:
                at = f"spec.requestHeaders.{part}[{index}]"
                yield at, f"writes {it.name}, whose value all see who may read this object; use one that opens nothing"
