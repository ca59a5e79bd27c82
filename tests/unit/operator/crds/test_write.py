"""The files below crds/."""

from __future__ import annotations

from pathlib import Path

import pytest

from postern_core.kinds import KINDS
from postern_operator.crds.write import main, text

CRDS = Path(__file__).parents[4] / "crds"


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_fresh(kind):
    """`make crds` would write what is there."""
    assert text(kind) == (CRDS / f"{KINDS[kind].plural}.yaml").read_text(encoding="utf-8")


def test_nothing_else_lies_there(tmp_path):
    """A kind that was renamed leaves no file behind, and all files are written."""
    assert 0 == main(str(tmp_path / "crds"))
    assert sorted(path.name for path in CRDS.iterdir()) == sorted(path.name for path in (tmp_path / "crds").iterdir())
