"""What the tests of the chart stand on: both helms; without them the tests are skipped, and name the command."""

from __future__ import annotations

import pytest

from helm_chart import MODULES, NoHelm, find_helm


@pytest.fixture(scope="session", params=MODULES)
def helm(request, tmp_path_factory):
    """Each of both helms in turn: `helm.objects(values)`, `helm.template(values)`, `helm("lint", ...)`."""
    try:
        return find_helm(request.param, tmp_path_factory.mktemp("helm"))
    except NoHelm as missing:
        pytest.skip(f"needs {missing}")
