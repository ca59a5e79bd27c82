"""`postern validate`, from the folder to the exit status."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

import manifests


def test_good_manifests_are_fine(postern, protected):
    """The status is 0, and a line says what was looked at."""
    result = postern("validate", protected.path)
    assert (0, "") == (result.exit_code, result.stderr)
    assert "5 objects are fine: 1 Service, 1 Route, 1 Consumer, 1 JWTCredential, 1 Secret.\n" == result.stdout


def test_every_problem_is_told_with_its_place(postern, protected):
    """The object, the field and the line where the object begins."""
    protected.write(manifests.route("bad", methods=["get"], serviceRef={"name": "app"}), name="bad.yaml")
    protected.write(manifests.route("lost", serviceRef={"name": "nowhere"}), name="lost.yaml")
    result = postern("validate", protected.path)
    assert result.exit_code == 1
    assert f"{protected.path}/bad.yaml:1: error: Route default/bad: spec.methods[0]: must be" in result.stdout
    assert f"{protected.path}/lost.yaml:1: error: Route default/lost: spec.serviceRef: " in result.stdout
    assert result.stdout.endswith("2 errors in 7 objects.\n")


def test_objects_without_a_name_are_told_one_by_one(postern, folder):
    """Each has its place, although nobody can tell them apart otherwise."""
    folder.write("apiVersion: postern.dev/v1alpha1\nkind: Route\n---\napiVersion: postern.dev/v1alpha1\nkind: Route\n")
    lines = postern("validate", folder.path).stdout.splitlines()
    assert [f"{folder.path}/all.yaml:{line}" for line in (1, 4)] == [line.partition(": ")[0] for line in lines[:2]]


def test_a_warning_does_not_count(postern, folder):
    """It is told, and the status stays 0."""
    folder.write(manifests.service(auth={"jwt": {"mode": "Permissive"}}), manifests.route())
    result = postern("validate", folder.path)
    assert (0, True) == (result.exit_code, "fine" in result.stdout)


def test_every_gateway_is_looked_at(postern, folder):
    """A Service of another gateway than the default is no blind spot."""
    service = {"name": "nowhere", "port": 80}
    folder.write(manifests.service(gateways=["inner"], upstream={"service": service}), manifests.route())
    result = postern("validate", folder.path, "-o", "json")
    assert "UpstreamNotFound" in {it["reason"] for it in json.loads(result.stdout)["findings"]}


def test_nothing_is_written(postern, protected):
    """A credential whose secret is to be generated is fine, and stays without one."""
    protected.write(manifests.credential(keys=[]), manifests.consumer())
    before = sorted(protected.path.rglob("*"))
    assert postern("validate", protected.path).exit_code == 0
    assert before == sorted(protected.path.rglob("*"))


def test_an_empty_folder_is_told(postern, folder):
    """It is not what somebody wanted to check."""
    result = postern("validate", folder.path)
    assert (1, True) == (result.exit_code, "no manifest of Postern is here" in result.stdout)


def test_a_folder_that_is_not_there_is_a_mistake_of_usage(postern, tmp_path):
    """The status tells it from a problem in the manifests."""
    assert postern("validate", tmp_path / "nowhere").exit_code == 2


@pytest.mark.parametrize(
    ("content", "place"),
    [("a: [1,\nb: 2", ":"), (b"a: \xff", ":1:4: "), ("just words", ":1:1: "), ("{apiVersion: v1, kind: Pod", ":")],
)
def test_a_broken_file_is_named_with_its_place(postern, folder, content, place):
    """There is no traceback, and the other formats have the place as well."""
    file = folder.write(content, name="broken.yaml")
    result = postern("validate", folder.path)
    assert (1, True) == (result.exit_code, f"{file}{place}" in result.stdout)
    found = json.loads(postern("validate", folder.path, "-o", "json").stdout)["findings"]
    assert [(str(file), None)] == [(it["file"], it["object"]) for it in found]


def test_a_file_that_can_not_be_opened_is_named(postern, protected, monkeypatch):
    """One bad file hides no other."""
    shut = protected.write("", name="shut.yaml")
    opened = Path.open

    def refuse(path, *args, **options):
        if path == shut:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    result = postern("validate", protected.path)
    assert f"{shut}:1:1: error: can't be read: Permission denied\n1 error in 5 objects.\n" == result.stdout


def test_annotations_are_commands_of_a_workflow(postern, protected):
    """A pull request shows them beside the line."""
    protected.write(manifests.route("lost", serviceRef={"name": "nowhere"}), name="lost.yaml")
    line = postern("validate", protected.path, "-o", "github").stdout.splitlines()[0]
    assert f"::error file={protected.path}/lost.yaml,line=1,title=ServiceNotFound::Route default/lost: " in line
