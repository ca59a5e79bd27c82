"""The manifest of an object is found in its file."""

from __future__ import annotations

import json

import manifests
from postern_console.object_document import document_of
from postern_core.ref import Ref


def found(folder, ref):
    document = document_of(folder.state().objects[ref])
    return document and (document.line, document.manifest["metadata"]["name"])


def test_each_document_of_a_file_is_found(folder):
    """The line is the one at which validate points."""
    folder.write(manifests.consumer("a"), manifests.consumer("b"))
    assert "b" == found(folder, Ref("Consumer", "default", "b"))[1]


def test_an_element_of_a_list_is_found(folder):
    """It inherits what the list says of all."""
    items = [{"metadata": {"name": name}, "spec": {"serviceRef": {"name": "app"}}} for name in ("a", "b")]
    whole = {"apiVersion": "postern.dev/v1alpha1", "kind": "RouteList", "items": items}
    folder.write(whole)
    assert "b" == found(folder, Ref("Route", "default", "b"))[1]
    folder.write(json.dumps(whole), name="all.json")
    (folder.path / "all.yaml").unlink()
    assert "b" == found(folder, Ref("Route", "default", "b"))[1]


def test_an_object_that_has_gone_is_not_found(folder):
    """A file changes, or goes, between two looks."""
    file = folder.write(manifests.consumer("a"))
    parsed = folder.state().objects[Ref("Consumer", "default", "a")]
    file.write_text("---\n" + file.read_text().replace("name: a", "name: b"))
    assert document_of(parsed) is None
    file.write_text("a: [")
    assert document_of(parsed) is None
    file.unlink()
    assert document_of(parsed) is None
