"""What tests of the command line share: a folder of manifests, and the commands run on it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

import manifests
from cluster_to_read import cluster_to_read
from postern_cli.main import cli


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """No setting of whoever runs the tests counts."""
    for name in ("NO_COLOR", "FORCE_COLOR", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def postern():
    """Run a command, without a process; an exception that a user would see as a traceback fails the test."""

    def run(*args, env=None):
        result = CliRunner().invoke(cli, [str(arg) for arg in args], env=env, prog_name="postern")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@dataclass
class Folder:
    """A folder with manifests."""

    path: Path

    def write(self, *documents, name="all.yaml"):
        """Write a file of documents; a text or bytes are written as they are."""
        file = self.path / name
        if len(documents) == 1 and isinstance(documents[0], bytes | str):
            content = documents[0]
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        else:
            file.write_text("---\n".join(yaml.safe_dump(document) for document in documents))
        return file


@pytest.fixture
def folder(tmp_path):
    """An empty folder."""
    path = tmp_path / "manifests"
    path.mkdir()
    return Folder(path)


@pytest.fixture
def protected(folder):
    """A folder with one protected application, and alice who may call it."""
    folder.write(
        manifests.service(auth={"jwt": {}}),
        manifests.route(paths=[{"type": "Prefix", "value": "/v1"}]),
        manifests.consumer(),
        manifests.credential(),
        manifests.secret(),
    )
    return folder


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A cluster that KUBECONFIG names, with the kinds of Postern and no object."""
    with cluster_to_read(tmp_path) as cluster:
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        yield cluster


@pytest.fixture
def serving(cluster):
    """A cluster with one protected application, and alice who may call it."""
    cluster.put(
        manifests.service(auth={"jwt": {}}),
        manifests.route(paths=[{"type": "Prefix", "value": "/v1"}]),
        manifests.consumer(),
        manifests.credential(),
        stored(manifests.secret()),
    )
    return cluster


def stored(secret):
    """A Secret as an API server has it."""
    data = {name: base64.b64encode(text.encode()).decode() for name, text in secret["stringData"].items()}
    return {name: value for name, value in secret.items() if name != "stringData"} | {"data": data}
