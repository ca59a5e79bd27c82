"""CONTRACT SKETCH, to be completed by the owner of config/ and policy/."""

from __future__ import annotations

from dataclasses import dataclass

from postern_core.snapshot import Backend, Endpoint


@dataclass(frozen=True, slots=True)
class Upstream:
    """A backend of the snapshot with the addresses it has now.

    Two equal values mean the same application reached the same way: whoever
    keeps connections compares by value.
    """

    backend: Backend
    endpoints: tuple[Endpoint, ...]

    @property
    def id(self) -> str:
        return self.backend.id


# RouteRow (attributes used outside policy/): .id (str, "Route/ns/name"), .label ("ns/name", for metrics and logs)
# Table: .digest (str), .upstreams (dict[str, Upstream] by backend id), .routes (int: how many)
