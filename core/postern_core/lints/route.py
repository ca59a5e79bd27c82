"""What of a Route can never match, or matches something else than it looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from postern_core.resources.route import Route
from postern_core.validators import Validators

# A segment as other routers write one that may be anything: `*`, `*.pdf`, `{id}`, `:id`.
_PLACEHOLDER = re.compile(r"/([^/]*\*[^/]*|[^/]*\{[^/]*\}[^/]*|:[^/]+)(?=/|\Z)")


def path_is_a_template(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    for index, path in enumerate(route.spec.paths):
        found = None if path.type == "Regex" else _PLACEHOLDER.search(path.value)
        if found:
            instead = "for any segment there, use type Regex and [^/]+"
            if found[1] in ("*", "**") and found.end() == len(path.value):
                instead = f"for all that is below, use type Prefix and {path.value[: found.start()] or '/'}"
            wrong = f"matches only where the segment is {found[1]} itself, for {path.type} has no placeholders"
            yield f"spec.paths[{index}].value", f"{wrong}; {instead}"


ROUTE_LINTS = (path_is_a_template,)
