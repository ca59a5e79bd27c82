"""What can be wrong with the `tls` block of a Service by itself."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.service import Service
from postern_core.validators import Validators

from .duplicates import duplicates


def certificate_is_named_twice(service: Service, _: Validators) -> Iterator[tuple[str, str]]:
    if service.spec.tls:
        yield from duplicates("spec.tls.certificateRefs", [it.name for it in service.spec.tls.certificate_refs])
