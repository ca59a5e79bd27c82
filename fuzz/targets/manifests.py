"""Damaged manifests: each is parsed or has a problem, and another tenant's route is published all the same."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..doors import encode_snapshot, is_known, manifests, parse_manifest

VALUES: list[Any] = [
    None, True, 0, -1, 2**70, 1.5, float("inf"), "", "a", "/", "*", "1h", "\ud800", "\0", "a\nb", "default/app", [], {},
    [[]], ["a"], {"a": "b"}, {"name": None}, {"": ""}, "x" * 5000, 16**6000,
]  # fmt: skip
WHOLE = [
    manifests.service(
        auth={"jwt": {"from": [{"header": "X-A"}], "allow": {"claims": [{"name": "a", "anyOf": ["b"]}]}}}
    ),
    manifests.route(paths=[{"type": "Regex", "value": "/a"}], headers=[{"name": "x", "value": "1"}], methods=["GET"]),
    manifests.consumer(groups=["readers"]),
    manifests.credential(revoked={"jtis": ["a"], "issuedBefore": "2030-01-01T00:00:00Z"}),
    manifests.secret(),
]
OWN = (
    manifests.service("own", hosts=["own.example.com"], namespace="other"),
    manifests.route("own", namespace="other", serviceRef={"name": "own"}),
)


@contextmanager
def opened() -> Iterator[None]:
    yield None


def once(chance: random.Random, _state: None) -> str:
    found = copy.deepcopy(chance.choice(WHOLE))
    for _ in range(chance.randint(1, 2)):
        node, step = chance.choice(list(steps(found)))
        node[step] = copy.deepcopy(chance.choice(VALUES))
    is_known(found)
    parsed = parse_manifest(found)
    assert parsed.problems or parsed.resource is not None, found
    snapshot = manifests.compiled(found, *OWN).snapshot
    assert [it.id for it in snapshot.routes if it.name == "own" and not it.refusal] == ["Route/other/own"], found
    encode_snapshot(snapshot)
    return "refused" if parsed.problems else "parsed"


def steps(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a manifest, as what holds it and its key."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        yield value, step
        yield from steps(inner)
