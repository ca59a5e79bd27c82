"""What of `requestHeaders` is no text for a manifest."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.header_names import canonical
from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.validators import Validators

OF_CREDENTIALS = frozenset({"authorization", "cookie"})


def header_holds_a_credential(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    upstreams = (owner.spec.upstreams or ()) if isinstance(owner, Service) else ()
    blocks = [("spec", owner.spec.request_headers)]
    blocks += [(f"spec.upstreams[{index}]", it.request_headers) for index, it in enumerate(upstreams)]
    why = "whose value all see who may read this object; use one that opens nothing"
    for block, changes in blocks:
        for part, fields in (("set", changes.set), ("add", changes.add)) if changes else ():
            for index, it in enumerate(fields):
                if canonical(it.name) in OF_CREDENTIALS:
                    yield f"{block}.requestHeaders.{part}[{index}]", f"writes {it.name}, {why}"
