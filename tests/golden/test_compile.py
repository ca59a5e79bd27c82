"""Golden cases of the compiler: manifests in, snapshot and status out.

To add one: make a folder named by the behaviour under `compile/`, write its
`in.yaml`, run `make golden`, and read what came out as carefully as code.
`README.md` in this folder describes all files of a case.
"""

from __future__ import annotations

import os
import random

import msgspec
import pytest
import yaml

import cases
from postern_core.codec import encode_snapshot
from postern_core.compile import compile_snapshot
from postern_core.conditions import Programming, conditions_of
from postern_core.grants import Grants
from postern_core.kinds import KINDS
from postern_core.link.retained import NOTHING, retain
from postern_operator.validators import VALIDATORS
from snapshots import decoded_again

# In 2030: what ends in 2099 has not ended.
NOW_S = 1_900_000_000.0
REWRITE = os.environ.get("GOLDEN") == "rewrite"


def compiled_case(case, shuffled=False):
    """The objects of a case's last step, and what they compile to with the grants of the steps before."""
    settings = cases.settings_of(case)
    steps, compiled = cases.steps_of(case), None
    for step in steps:
        resources = cases.objects_of(case, step)
        if shuffled:
            random.Random(0).shuffle(resources)
        lost = settings.unreadable if compiled and step is steps[-1] else ()
        retained = retain(compiled.snapshot, lost) if lost else NOTHING
        resources = retained.others(resources)
        compiled = compile_snapshot(
            resources,
            inspectors=VALIDATORS,
            gateway=settings.gateway,
            require_policy=settings.require_policy,
            grants=compiled.grants if compiled else Grants(),
            retained=retained,
            now_s=NOW_S,
        )
    return resources, compiled


def snapshot_text(snapshot):
    return msgspec.json.format(msgspec.json.encode(snapshot), indent=1).decode() + "\n"


def status_text(resources, problems):
    """What each object of ours is told, and every problem in words."""
    status = {
        str(parsed.ref): {
            condition.type: f"{condition.status} {condition.reason}"
            for condition in conditions_of(parsed.ref, problems, Programming.PROGRAMMED)
        }
        for parsed in sorted(resources, key=lambda it: it.ref)
        if parsed.ref.kind in KINDS
    }
    told = {"status": status, "problems": [f"{problem.reason.text}: {problem}" for problem in problems]}
    return yaml.safe_dump(told, sort_keys=False, width=10_000, allow_unicode=True)


def compare(path, actual):
    if REWRITE:
        path.write_text(actual)
    assert path.read_text() == actual


@pytest.mark.parametrize("case", cases.cases(), ids=lambda case: case.name)
def test_the_case_compiles_to_its_golden_files(case):
    """The snapshot and the status are what is written beside the manifests."""
    resources, compiled = compiled_case(case)

    compare(case / "snapshot.json", snapshot_text(compiled.snapshot))
    compare(case / "status.yaml", status_text(resources, compiled.problems))


@pytest.mark.parametrize("case", cases.cases(), ids=lambda case: case.name)
def test_the_order_of_the_manifests_does_not_matter(case):
    """Equal objects in another order make equal bytes and equal problems."""
    _, compiled = compiled_case(case)
    _, shuffled = compiled_case(case, shuffled=True)

    assert encode_snapshot(compiled.snapshot).digest == encode_snapshot(shuffled.snapshot).digest
    assert compiled.problems == shuffled.problems
    assert compiled.grants == shuffled.grants


@pytest.mark.parametrize("case", cases.cases(), ids=lambda case: case.name)
def test_the_snapshot_survives_its_bytes(case):
    """What is decoded is what was encoded, and no key is in a public shard."""
    _, compiled = compiled_case(case)
    encoded = encode_snapshot(compiled.snapshot)

    assert compiled.snapshot == decoded_again(encoded)
    public = b"".join(shard.content for shard in encoded.shards.values() if not shard.is_secret)
    assert not any(key.material.encode() in public for it in compiled.snapshot.credentials for key in it.keys)
