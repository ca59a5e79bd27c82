"""Where a field stands in its file."""

from __future__ import annotations

import pytest

from postern_core.ref import Ref
from postern_operator.local.field_positions import FieldPositions, Position

ROUTE = Ref("Route", "demo", "json")
MANIFEST = """\
# A comment before the object.
apiVersion: postern.dev/v1alpha1
kind: Route
metadata: {name: json, namespace: demo}
spec:
  serviceRef: {name: app}
  methods:
  - GET
  - get
  auth:
    jwt:
      a.dotted.name: 1
"""


@pytest.fixture
def find(tmp_path):
    """Write a file and look fields of an object up in it."""

    def look(text, line, field, ref=ROUTE, name="a.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return FieldPositions().find(ref, f"{path}:{line}", field)

    return look


@pytest.mark.parametrize(
    ("field", "line", "column"),
    [
        ("", 2, 1),
        ("metadata.name", 4, 12),
        ("spec", 5, 1),
        ("spec.serviceRef.name", 6, 16),
        ("spec.methods[1]", 9, 5),
        ("spec.auth.jwt.a.dotted.name", 12, 7),
        ("spec.auth.jwt.mode", 11, 5),
        ("spec.methods[7]", 7, 3),
        ("status.x", 2, 1),
    ],
)
def test_a_field_has_its_own_line_and_column(find, field, line, column):
    """A field is found at its name, a list's element at its value, a missing one at what would hold it."""
    assert Position(line, column) == find(MANIFEST, 2, field)


@pytest.mark.parametrize(
    ("field", "line", "column"),
    [
        ("metadata.annotations[example.com/b.c]", 6, 5),
        ("metadata.annotations[example.com/b]", 4, 3),
        ("metadata.annotations[none]", 4, 3),
    ],
)
def test_a_name_with_dots_is_found_in_brackets(find, field, line, column):
    """As Kubernetes writes the field of an annotation; what has no such name is found at what would hold it."""
    annotations = "  annotations:\n    a: b\n    example.com/b.c: d\n"
    manifest = f"kind: Route\nmetadata:\n  name: json\n{annotations}  namespace: demo\n"
    assert Position(line, column) == find(manifest, 1, field)


def test_a_later_document_of_a_file_is_found(find):
    """Lines count from the beginning of the file, not of the document."""
    assert Position(8, 3) == find("a: 1\n---\n" + MANIFEST + "---\nb: 2\n", 4, "spec.serviceRef")


def test_an_object_of_a_list_is_found(find):
    """The item of a List whose line and name fit is the object."""
    items = (
        "kind: List\napiVersion: v1\nitems:\n- kind: Route\n  metadata: {name: json, namespace: demo}\n  spec: {a: 1}\n"
    )
    assert Position(6, 10) == find(items, 4, "spec.a")


def test_an_object_within_json_is_found_by_its_name(find):
    """The reader of JSON gives every item the line of the document; the name tells them apart."""
    text = """{"kind": "List", "apiVersion": "v1", "items": [
      {"kind": "Route", "metadata": {"name": "other", "namespace": "demo"}, "spec": {"a": 1}},
      {"kind": "Route", "metadata": {"name": "json", "namespace": "demo"}, "spec": {"a": 2}}]}"""
    assert Position(3, 85) == find(text, 1, "spec.a", name="a.json")


def test_a_merged_field_is_found_where_it_is_written(find):
    """A field that `<<` brings stands at its anchor."""
    text = "x: &x\n  a: 1\nspec:\n  <<: *x\n"
    assert Position(2, 3) == find(text, 1, "spec.a")


@pytest.mark.parametrize(("text", "line"), [("a: [", 1), ("\n\n\n", 3), ("a: 1\n", 9)])
def test_what_can_no_longer_be_found_is_none(find, text, line):
    """A file that was changed or broken after it was read costs the position, and no more."""
    assert find(text, line, "spec") is None


def test_a_file_that_is_gone_and_an_object_of_a_cluster_have_no_position(tmp_path):
    """There is nothing to look the field up in."""
    positions = FieldPositions()
    assert positions.find(ROUTE, f"{tmp_path}/gone.yaml:1", "spec") is None
    assert positions.find(ROUTE, "", "spec") is None
