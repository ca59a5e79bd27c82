"""What the tests of the chart stand on: both helms; without Go and helm they are skipped, and say so."""

from __future__ import annotations

import pytest

from helm_chart import MODULES, NoHelm, find_helm


@pytest.fixture(scope="session", params=MODULES)
def helm(request, tmp_path_factory, say):
    """Each of both helms in turn: `helm.objects(values)`, `helm.template(values)`, `helm("lint", ...)`."""
    try:
        return find_helm(request.param, tmp_path_factory.mktemp("helm"), say)
    except NoHelm as missing:
        pytest.skip(f"needs {missing}")
