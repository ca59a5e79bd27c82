"""Golden cases of the chart: values in, manifests out.

To add one: make a folder below `golden`, write its `values.yaml`, run `make golden`, and read what came out.
Bodies that are copies of files, which other tests compare, are cut.
"""

from __future__ import annotations

import os

import pytest

from helm_chart import CASES, CHART

REWRITE = os.environ.get("GOLDEN") == "rewrite"
# After which line of which template a document is cut.
COPIES = {"crds.yaml": "spec:", "dashboard.yaml": "  postern.json: |"}


def cut(document):
    lines = document.splitlines()
    for template, last in COPIES.items():
        if f"/{template}" in lines[0] and last in lines:
            return "\n".join([*lines[: lines.index(last) + 1], "  ..."])
    return document.rstrip()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_case_renders_to_its_golden_file(helm, case):
    """By either helm the same bytes."""
    documents = helm.text((case / "values.yaml").read_text()).removeprefix("---\n").split("\n---\n")
    actual = "\n---\n".join(map(cut, documents)) + "\n"

    if REWRITE:
        (case / "rendered.yaml").write_text(actual)
    assert (case / "rendered.yaml").read_text() == actual


def test_lint_finds_nothing(helm):
    """Linting the chart yields no error and no warning."""
    done = helm("lint", "--strict", CHART)
    assert (0, []) == (done.returncode, [line for line in done.stdout.splitlines() if "WARN" in line])
