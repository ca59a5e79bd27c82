"""Fixtures of all folders of tests with a real API server; without one they are skipped, and say what they need."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import raw

from .kubectl import Kubectl
from .shared import Api, shared_api
from .sources import NoCluster

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def api() -> Iterator[Api]:
    """The API server, as its administrator; one for all workers of the run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"pid-{os.getpid()}"
    try:
        with shared_api(run) as api:
            yield api
    except NoCluster as missing:
        pytest.skip(f"needs {missing}")


@pytest.fixture(scope="session")
def kubectl(api: Api, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    """kubectl as administrator: `kubectl("get", "psvc")`, `kubectl.apply(manifest)`."""
    return Kubectl(api, tmp_path_factory.mktemp("kubectl"))


@pytest.fixture(scope="session")
def crds(kubectl: Kubectl) -> None:
    """Our kinds, installed; installing them twice changes nothing."""
    install_crds(kubectl)


def install_crds(kubectl: Kubectl) -> None:
    """Install the kinds and wait until they can be used."""
    kubectl("apply", "--server-side", "--force-conflicts", f"--filename={ROOT / 'crds'}", check=True)

    # kubectl's own waiting fails where an object has no conditions yet.
    def are_established() -> bool:
        found = json.loads(kubectl("get", f"--filename={ROOT / 'crds'}", "--output=json", check=True).stdout)["items"]
        return all(is_established(definition) for definition in found)

    raw.until(are_established, "the kinds can be used", patience_s=60)


def is_established(definition: dict[str, Any]) -> bool:
    conditions = definition.get("status", {}).get("conditions") or ()
    return ("Established", "True") in [(it["type"], it["status"]) for it in conditions]
