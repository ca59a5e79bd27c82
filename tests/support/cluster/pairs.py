"""The pairs of tests/cluster/rule_pairs.yaml: for each rule a spec that it refuses, and one that it takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[2] / "cluster" / "rule_pairs.yaml"
SMALLEST: dict[str, dict[str, Any]] = {
    "Service": {"upstream": {"url": "http://a"}},
    "Route": {"serviceRef": {"name": "a"}},
    "Consumer": {},
    "JWTCredential": {"consumerRef": {"name": "a"}},
    "TokenIssuer": {
        "issuer": "https://login.example.com",
        "keys": {"ref": {"name": "a", "key": "jwks.json"}},
        "audiences": ["a"],
        "callers": {"anyone": {}},
    },
    "JWTPolicy": {"jwt": {}},
}


@dataclass(frozen=True, slots=True)
class Pair:
    """What a rule refuses, with the end of the message that kubectl prints, and what it takes."""

    kind: str
    refused: dict[str, Any]
    message: str
    accepted: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.kind} {self.message}"


def pairs() -> list[Pair]:
    """All pairs, their specs whole."""
    return [
        Pair(
            kind=one["kind"],
            refused=_whole(one["kind"], one["refused"]),
            message=one["message"],
            accepted=_whole(one["kind"], one["accepted"]),
        )
        for one in yaml.load(FILE.read_text(encoding="utf-8"), yaml.CSafeLoader)
    ]


def _whole(kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A spec with these fields in place of the smallest one's; null leaves one out."""
    return {name: value for name, value in (SMALLEST[kind] | fields).items() if value is not None}
