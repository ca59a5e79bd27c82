"""Every lint finds something in a golden case, and has its row in the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

import cases
import postern_core.compile as compilation
from manifests import compiled, route, service
from postern_core.kinds import KINDS
from postern_core.lint import LINTS, LINTS_OF_ALL, lint
from postern_core.parse import parse_manifest
from postern_core.problems import Reason
from postern_operator.validators import VALIDATORS

ROOT = Path(__file__).parents[3]


def lints_that_find_something(case, monkeypatch):
    """The names of the lints that a case shows."""
    seen = []
    monkeypatch.setattr(compilation, "lint", lambda linked: seen.append(linked) or lint(linked))
    objects = [parse_manifest(manifest) for manifest in cases.manifests_of(case)]
    compilation.compile_snapshot(objects, inspectors=VALIDATORS, gateway=cases.settings_of(case).gateway)
    [linked] = seen
    of_one = {
        one.__name__
        for ref, parsed in linked.resources.valid.items()
        for one in KINDS[ref.kind].lints
        if list(one(parsed.resource, VALIDATORS))
    }
    return of_one | {one.__name__ for one in LINTS_OF_ALL if list(one(linked))}


def test_each_lint_has_a_golden_case(monkeypatch):
    """The words of a warning are read beside the manifests that they are about."""
    shown = {name for case in cases.cases() for name in lints_that_find_something(case, monkeypatch)}
    assert set(LINTS) == shown


@pytest.mark.parametrize("name", LINTS)
def test_each_lint_is_documented(name):
    """What a warning is about, and how to end it, can be looked up."""
    assert f"| `{name}` |" in (ROOT / "docs/reference/warnings.md").read_text()


def test_what_a_lint_finds_is_a_warning():
    """The object is accepted, and its requests are served."""
    made = compiled(service(), route(paths=[{"type": "Prefix", "value": "/items/*"}]))

    assert {Reason.WARNING} == {problem.reason for problem in made.problems}
    assert [""] == [entry.refusal for entry in made.snapshot.routes]


def test_an_object_that_is_refused_has_no_warnings():
    """First things first: what is wrong must be mended anyway."""
    made = compiled(service(), route(paths=[{"type": "Prefix", "value": "/items/*"}, {"type": "Exact", "value": "a"}]))

    assert {Reason.INVALID} == {problem.reason for problem in made.problems}
