"""Redirects that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.redirect import Redirect
from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.validators import Validators


def redirect_leads_nowhere(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    block = owner.spec.redirect
    if block and block != Redirect() and Redirect(status_code=block.status_code) == block:
        yield "spec.redirect", "says a status and no other address, so nothing is redirected; add what is to change"
