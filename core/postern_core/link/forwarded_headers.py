"""The headers that policies set from claims, and that no client may set on the same routes: how many there may be.

Each route that is to be cleaned of them has all their names in its entry, so that they are bounded where policies are
put together: what older policies set is cleaned, and a younger one that goes beyond the bound can't be used.  Those of
a policy that isn't accepted are cleaned too, as the application believes them still.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from postern_core.header_names import canonical
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.jwt_policy import block_path

# Eight policies with as many as one may have.
FORWARDED_MAX = 256


class ForwardedHeaders:
    """The canonical names by where they are cleaned: the id of a Service, or a namespace."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = defaultdict(set)

    def add(self, where: str, owner: Ref, headers: Iterable[str]) -> Problem | None:
        """Add the headers of a policy; returns why it can't be used, and adds none of its own then."""
        names = self._names[where] | set(map(canonical, headers))
        if len(names) > FORWARDED_MAX:
            message = (
                f"is beyond the {FORWARDED_MAX} headers that older policies and this one may set together here; "
                "forward fewer claims, or under the names that there are already"
            )
            return Problem(owner, Reason.TOO_LARGE, f"{block_path(owner.kind)}.forwardClaims", message)
        self._names[where] = names
        return None

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """Where what is cleaned, in order."""
        return {where: tuple(sorted(names)) for where, names in self._names.items() if names}
