"""The shape of a golden case, strict: a typo in a case fails.

A case is a folder under `tests/golden/compile/`, named by the behaviour it shows.
`tests/golden/README.md` describes its files.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import yaml

from postern_core.fetched_keys import fetched_keys
from postern_core.parse import Parsed, parse_manifest
from postern_core.ref import Ref

ROOT = Path(__file__).parents[1] / "golden" / "compile"

# Upstreams of cases listen here; who runs a case against a real upstream puts its port in place of this one.
UPSTREAM_PORT = 18080


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a case; each is read once, for all tests."""


class Token(Strict, frozen=True, kw_only=True):
    """How a token is made: well by default, and wrong where a case says so.

    `now+60` in exp, nbf or iat is a time relative to the request's.
    `payload` is JSON text instead of `claims`; `raw` a whole token.
    `like` is a file of `identity_providers`, whose header and claims stand below these.
    `mangle` is applied last: see `tokens.MANGLES`.
    """

    credential: str = ""
    like: str = ""
    claims: dict[str, Any] = {}
    header: dict[str, Any] = {}
    algorithm: str = ""
    secret: str | None = None
    private_key: str = ""
    payload: str | None = None
    raw: str | None = None
    mangle: str = ""


class Fetched(Strict, frozen=True, kw_only=True):
    """What is known of the keys of a TokenIssuer, `namespace/name`, that are fetched; as `FetchedKeys` has it."""

    issuer: str
    keys: str = ""
    reason: str = ""
    message: str = ""
    named: str = ""


class Settings(Strict, frozen=True, kw_only=True):
    """What holds for a case beside its manifests: the settings of its gateway, and what is special about it.

    `redirect_to_https` is the port that requests without TLS are sent to, None where they are served.
    `require_policy` is of a gateway that refuses what has no policy.
    `only_compiler_refuses` says that the API server accepts objects which the compiler refuses.
    `unreadable` are namespaces that can't be read at the last step.  `fetched` are keys of issuers that were fetched.
    """

    gateway: str = "default"
    trusted_proxies: list[str] = []
    redirect_to_https: int | None = None
    only_compiler_refuses: bool = False
    require_policy: bool = False
    unreadable: list[str] = []
    fetched: list[Fetched] = []

    @property
    def are_of_every_gateway(self) -> bool:
        """Whether a gateway without settings of its own behaves as the case expects."""
        return self == Settings(only_compiler_refuses=self.only_compiler_refuses)


class Upstream(Strict, frozen=True, kw_only=True):
    """What the upstream must see; `absent` are header names in lower case."""

    target: str
    headers: dict[str, str] = {}
    absent: list[str] = []


class Expected(Strict, frozen=True, kw_only=True):
    """What must come of a request: a refusal with its reason, or what goes upstream.

    `content` is the media type of a refusal and its body, where it isn't a JSON object with a message.
    `answer` are fields of the application's answer as the client gets it, None for one that it does not.
    `cors` are all fields by which the answer allows pages of other origins anything, and its Vary.
    """

    status: int = 200
    reason: str = ""
    message: str = ""
    challenge: str | None = None
    location: str | None = None
    upstream: Upstream | None = None
    content: tuple[str, str] | None = None
    cors: dict[str, str] | None = None
    answer: dict[str, str | None] = {}


class Request(Strict, frozen=True, kw_only=True):
    """One request; `{token}` in target and headers stands for the token."""

    name: str
    expect: Expected
    method: str = "GET"
    target: str = "/"
    host: str | None = "app.example.com"
    headers: list[tuple[str, str]] = []
    token: Token | None = None
    body: str = ""


class Requests(Strict, frozen=True, kw_only=True):
    """The requests of a case, all made at one time."""

    requests: list[Request]
    now: datetime | None = None


def cases() -> list[Path]:
    """The folders of all cases."""
    return sorted(path.parent for path in ROOT.glob("*/in.yaml"))


def read_all(text: str) -> Iterator[Any]:
    """The documents of a text, read by libyaml: PyYAML's own reader takes ten times as long for the thousands here."""
    return yaml.load_all(text, yaml.CSafeLoader)


def manifests_of(case: Path) -> list[dict[str, Any]]:
    """The documents of a case's `in.yaml`."""
    return [document for document in read_all((case / "in.yaml").read_text()) if document]


def steps_of(case: Path) -> list[list[dict[str, Any]]]:
    """The documents of each of a case's steps, in order; `in.yaml` is the last step, and of most cases the only one."""
    names = sorted(path.name for path in (case / "steps").glob("*"))
    assert names == [f"{number:02}.yaml" for number in range(1, len(names) + 1)], f"{case.name}: steps are 01.yaml, ..."
    before = [(case / "steps" / name).read_text() for name in names]
    return [[one for one in read_all(text) if one] for text in before] + [manifests_of(case)]


def objects_of(case: Path, manifests: list[dict[str, Any]] | None = None) -> list[Parsed]:
    """The objects of a case, or of one of its steps, and the keys that were fetched."""
    fetched = [
        fetched_keys(Ref("TokenIssuer", *it.issuer.split("/")), it.keys, it.reason, it.message, named=it.named)
        for it in settings_of(case).fetched
    ]
    return [*map(parse_manifest, manifests_of(case) if manifests is None else manifests), *fetched]


@functools.cache
def settings_of(case: Path) -> Settings:
    """The settings of a case; the defaults where it has none."""
    path = case / "settings.yaml"
    return msgspec.convert(next(read_all(path.read_text())), Settings) if path.exists() else Settings()


@functools.cache
def requests_of(case: Path) -> Requests | None:
    """The requests of a case, None where it has none."""
    path = case / "requests.yaml"
    if not path.exists():
        return None
    assert not (case / "steps").exists(), f"{case.name}: a case has steps or requests, not both"
    return msgspec.convert(next(read_all(path.read_text())), Requests)
