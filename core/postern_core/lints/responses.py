"""What of a `responses` block is never sent, or is not what it says it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.validators import Validators

_JSON = re.compile(r"(?i)[^;]*[/+]json *(?:;|\Z)")


def body_is_no_json(owner: Service | Route, _: Validators) -> Iterator[tuple[str, str]]:
    for index, one in enumerate(owner.spec.responses.bodies if owner.spec.responses else ()):
        if _JSON.match(one.content_type) and not _is_json(one.body):
            message = f"is no JSON, and {one.content_type} says that it is; clients can't read it"
            yield f"spec.responses.bodies[{index}].body", message


def route_answers_for_no_route(route: Route, _: Validators) -> Iterator[tuple[str, str]]:
    for index, one in enumerate(route.spec.responses.bodies if route.spec.responses else ()):
        if one.status == 404:
            message = "is never sent, because 404 is the answer where no Route takes a request; move it to the Service"
            yield f"spec.responses.bodies[{index}].status", message


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
