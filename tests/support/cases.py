"""The shape of a golden case, strict: a typo in a case fails.

A case is a folder under `tests/golden/compile/`, named by the behaviour it shows.
`in.yaml` holds the manifests; `requests.yaml`, where there is one, the requests.
Where it matters what was there before, `steps/01.yaml` and so on hold that: they are
compiled one after another, and `in.yaml` last. Such a case has no requests: a gateway that
is asked them has seen nothing but `in.yaml`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import yaml

ROOT = Path(__file__).parents[1] / "golden" / "compile"

# Upstreams of cases listen here; who runs a case against a real upstream puts its port in place of this one.
UPSTREAM_PORT = 18080

# Cases with objects in which only the compiler finds a mistake: the API server can't know what RE2 makes of a
# pattern, and counting the bytes of a whole list is too dear for it.
FOUND_LATER = {
    "a-list-of-ids-that-is-too-long",
    "an-unreadable-pattern-refuses-its-place",
    "patterns-are-bounded",
}


class Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A part of a case."""


class Token(Strict, kw_only=True):
    """How a token is made: well by default, and wrong where a case says so.

    `now+60` in exp, nbf or iat is a time relative to the request's.
    `payload` is JSON text instead of `claims`; `raw` a whole token.
    `mangle` is applied last: see `tokens.MANGLES`.
    """

    credential: str = ""
    claims: dict[str, Any] = {}
    header: dict[str, Any] = {}
    algorithm: str = ""
    secret: str | None = None
    private_key: str = ""
    payload: str | None = None
    raw: str | None = None
    mangle: str = ""


class Upstream(Strict, kw_only=True):
    """What the upstream must see; `absent` are header names in lower case."""

    target: str
    headers: dict[str, str] = {}
    absent: list[str] = []


class Expected(Strict, kw_only=True):
    """What must come of a request: a refusal with its reason, or what goes upstream."""

    status: int = 200
    reason: str = ""
    message: str = ""
    challenge: str | None = None
    upstream: Upstream | None = None


class Request(Strict, kw_only=True):
    """One request; `{token}` in target and headers stands for the token."""

    name: str
    expect: Expected
    method: str = "GET"
    target: str = "/"
    host: str | None = "app.example.com"
    headers: list[tuple[str, str]] = []
    token: Token | None = None
    body: str = ""


class Requests(Strict, kw_only=True):
    """The requests of a case, all made at one time."""

    requests: list[Request]
    now: datetime | None = None


def cases() -> list[Path]:
    """The folders of all cases."""
    return sorted(path.parent for path in ROOT.glob("*/in.yaml"))


def manifests_of(case: Path) -> list[dict[str, Any]]:
    """The documents of a case's `in.yaml`."""
    return [document for document in yaml.safe_load_all((case / "in.yaml").read_text()) if document]


def steps_of(case: Path) -> list[list[dict[str, Any]]]:
    """The documents of each of a case's steps, in order; `in.yaml` is the last step, and of most cases the only one."""
    names = sorted(path.name for path in (case / "steps").glob("*"))
    assert names == [f"{number:02}.yaml" for number in range(1, len(names) + 1)], f"{case.name}: steps are 01.yaml, ..."
    before = [(case / "steps" / name).read_text() for name in names]
    return [[one for one in yaml.safe_load_all(text) if one] for text in before] + [manifests_of(case)]


def requests_of(case: Path) -> Requests | None:
    """The requests of a case, None where it has none."""
    path = case / "requests.yaml"
    if not path.exists():
        return None
    assert not (case / "steps").exists(), f"{case.name}: a case has steps or requests, not both"
    return msgspec.convert(yaml.safe_load(path.read_text()), Requests)
