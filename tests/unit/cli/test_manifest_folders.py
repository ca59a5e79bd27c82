"""Manifests of any kind as they were written, with their places."""

from __future__ import annotations

import click
import pytest

from postern_cli.manifest_folders import written_manifests


def test_each_manifest_has_its_place(folder):
    """Those of lists too; a hidden file is none."""
    folder.write("kind: A\napiVersion: v1\n---\nkind: B\napiVersion: v1\n", name="a.yaml")
    folder.write('{"kind": "List", "apiVersion": "v1", "items": [{"kind": "C", "apiVersion": "v1"}]}', name="b.json")
    folder.write("kind: D\napiVersion: v1\n", name=".hidden.yaml")
    found = [(place.rpartition("/")[2], it["kind"]) for place, it in written_manifests([folder.path])]
    assert [("a.yaml:1", "A"), ("a.yaml:4", "B"), ("b.json:1", "C")] == found


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("kind: A\nkind: B\n", "in.yaml:2:1: the key 'kind' is repeated"),
        ("kind: A\napiVersion: v1\n---\na: [\n", "in.yaml:5:1: "),
        ("- 1\n", "in.yaml:1:1: is not a manifest"),
        (b"\xff", "is not UTF-8"),
    ],
    ids=str,
)
def test_a_mistake_is_told_with_its_place(folder, text, place):
    """The line and the column are those of the file."""
    folder.write(text, name="in.yaml")
    with pytest.raises(click.ClickException) as raised:
        list(written_manifests([folder.path]))
    assert place in str(raised.value)
