"""Any path: what is forwarded holds nothing to resolve, and none leads past a protected prefix."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..doors import head, manifests, outcome, sent, table

PARTS = [
    "", ".", "..", "%2e", "%2E%2e", ".%2E", "...", "a", "v1", "%76%31", "admin", "%61dmin", "ADMIN", "%252e", "%2561",
    "~a@:", "%C3%A9", "a;x=1", "-", "admin%3f", "..;", "a%2fb", "..%2fadmin", "\\", "%", "%2", " ", "%5C..", "%00",
    "a#b",
]  # fmt: skip


@contextmanager
def opened() -> Iterator[Any]:
    admin = manifests.route("admin", paths=[{"type": "Prefix", "value": "/admin"}], auth={"jwt": {}})
    yield table(manifests.service(pathPrefix="/v1"), manifests.route(), admin)


def once(chance: random.Random, door: Any) -> str:
    prefix = chance.choice(["/v1/", "/v1/", "/", "//", "http://app.example.com/v1/"])
    target = prefix + "/".join(chance.choice(PARTS) for _ in range(chance.randint(0, 6)))
    reason = outcome(door, head(target))
    if reason != "forwarded":
        return reason
    path = sent(door, head(target))[0]
    segments = path.removesuffix("/").split("/")[1:]
    assert not {"", ".", ".."} & set(segments), (target, path)
    assert re.fullmatch(r"/(?:[!-$&-~]|%[0-9A-F]{2})*", path), (target, path)
    assert segments[:1] != ["admin"], (target, path)
    return reason
