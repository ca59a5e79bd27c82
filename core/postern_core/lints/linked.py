"""What a lint that needs more than one object looks at: one gateway, linked."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from postern_core.link.backends import LinkedBackend
from postern_core.link.credentials import Identities
from postern_core.link.ingresses import Ingresses
from postern_core.link.resource_index import ResourceIndex
from postern_core.link.routes import Routes
from postern_core.link.services import Services
from postern_core.parse import is_a
from postern_core.ref import Ref
from postern_core.resources.jwt_policy import JWTBlock
from postern_core.resources.jwt_policy_kind import JWTPolicy
from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.resources.service_upstreams import upstreams_of
from postern_core.resources.upstream import ServiceUpstream


@dataclass(frozen=True)
class Linked:
    """All objects, and what the gateway serves of them; `now_s` is in seconds since the epoch, 0 where unknown."""

    resources: ResourceIndex
    identities: Identities
    services: Services
    routes: Routes
    ingresses: Ingresses = field(default_factory=Ingresses)
    now_s: float = 0.0

    @cached_property
    def policies(self) -> list[tuple[Ref, JWTBlock]]:
        """The `jwt` blocks in force, each with the Service, Route or JWTPolicy that it stands in."""
        blocks = [(it.ref, it.resource.spec.auth) for it in self.resources.valid_of(Service)]
        blocks += [(it.ref, it.resource.spec.auth) for it in self.resources.valid_of(Route)]
        found = [(owner, auth.jwt) for owner, auth in blocks if auth]
        found += [(it.ref, it.resource.spec.jwt) for it in self.resources.valid_of(JWTPolicy)]
        return [(owner, block) for owner, block in found if block.mode != "Disabled"]

    @cached_property
    def upstreams(self) -> list[tuple[Ref, str, ServiceUpstream, LinkedBackend]]:
        """The upstreams and mirrors in force, each with its object and field, and as what it was resolved."""
        linked = [(ref, service.backends) for ref, service in self.services.linked.items()]
        linked += [(Ref.of(id_), backends) for id_, backends in self.routes.backends.items()]
        found: list[tuple[Ref, str, ServiceUpstream, LinkedBackend]] = []
        for ref, backends in linked:
            parsed = self.resources.objects[ref]
            if is_a(parsed, Service) or is_a(parsed, Route):
                both = zip(upstreams_of(parsed.resource.spec), backends, strict=False)
                found += [(ref, at, upstream, backend) for (at, upstream), backend in both]
        return found
