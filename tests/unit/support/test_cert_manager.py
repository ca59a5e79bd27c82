"""What the documentation says about cert-manager is what is tested with it."""

from __future__ import annotations

import pytest

from cert_manager import FOLDER
from in_cluster import ROOT

PAGE = ROOT / "docs" / "certificates.md"


@pytest.mark.parametrize("name", ["issuer", "ingress", "service"])
def test_the_page_shows_the_manifests_that_are_tried(name):
    """Each manifest of tests/e2e/certmanager stands on the page as it is applied, but for its first comment."""
    comment, manifests = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").split("\n", 1)
    assert comment.startswith("# ")
    assert f"```yaml\n{manifests}```" in PAGE.read_text(encoding="utf-8")
