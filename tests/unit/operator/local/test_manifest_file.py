"""One file's bytes into objects."""

from __future__ import annotations

import pytest

from postern_operator.local.manifest_file import FileMemo, Foreign, read_manifests

CONSUMER = """\
apiVersion: postern.dev/v1alpha1
kind: Consumer
metadata: {name: %s}
spec: {}
"""


def consumers(*names):
    return "---\n".join(CONSUMER % name for name in names).encode()


def origins(content):
    return {parsed.ref.name: parsed.origin for parsed in content.objects}


def mistake_in(content, path="a.yaml"):
    read = read_manifests(content, path)
    assert () == read.objects
    return str(read.mistakes[0])


def test_documents_become_objects_with_their_places():
    """A path and the line where the object begins."""
    assert {"a": "a.yaml:1", "b": "a.yaml:6"} == origins(read_manifests(consumers("a", "b"), "a.yaml"))


@pytest.mark.parametrize("text", [b"", b"# nothing\n", b"---\n---\n...\n", b"\xef\xbb\xbf"])
def test_nothing_is_no_mistake(text):
    """Empty documents are passed over."""
    assert ((), ()) == (read_manifests(text, "a.yaml").objects, read_manifests(text, "a.yaml").mistakes)


def test_an_empty_json_file_is_no_mistake():
    """An editor may have just made it."""
    assert () == read_manifests(b"\n", "a.json").mistakes


def test_a_list_is_taken_apart():
    """Its items keep their lines, and are foreign or ours one by one."""
    text = b"""\
apiVersion: v1
kind: List
items:
- apiVersion: postern.dev/v1alpha1
  kind: Consumer
  metadata: {name: a}
- apiVersion: apps/v1
  kind: Deployment
"""
    content = read_manifests(text, "a.yaml")

    assert {"a": "a.yaml:4"} == origins(content)
    assert (Foreign("a.yaml:7", "apps/v1", "Deployment"),) == content.foreign


def test_the_items_of_a_list_of_one_kind_need_not_name_it():
    """As the API server answers."""
    text = b'{"apiVersion": "postern.dev/v1alpha1", "kind": "ConsumerList", "items": [{"metadata": {"name": "a"}}]}'

    assert ["Consumer default/a"] == [str(parsed.ref) for parsed in read_manifests(text, "a.json").objects]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"- a\n", "a.yaml:1:1: is not a manifest: it must be a mapping"),
        (b"just words\n", "a.yaml:1:1: is not a manifest: it must be a mapping"),
        (b"kind: Route\n", "a.yaml:1:1: is not a manifest: it must have apiVersion"),
        (b"apiVersion: v1\nkind: 3\n", "a.yaml:1:1: is not a manifest: it must have kind"),
        (b"apiVersion: v1\nkind: List\nitems:\n- 3\n", "a.yaml:1:1: is not a manifest: it must be a mapping"),
        (b"a: \xff\n", "a.yaml:1:4: is not UTF-8"),
        (consumers("a") + b"---\n\na: [\n", "a.yaml:8:1: did not find expected"),
        (consumers("a") + b"---\na: \xff\n", "a.yaml:6:4: is not UTF-8"),
    ],
)
def test_a_file_with_a_mistake_gives_no_objects(text, words):
    """Half a file could leave out what refuses."""
    assert mistake_in(text).startswith(words)


def test_a_large_file_is_refused(monkeypatch):
    """Before anything of it is looked at."""
    monkeypatch.setattr("postern_operator.local.manifest_file.FILE_BYTES_MAX", 10)

    assert "larger than 10 bytes" in mistake_in(consumers("a"))


def test_a_document_that_has_not_changed_is_not_parsed_again():
    """It is the very object, also when it has moved within the file."""
    memo = FileMemo()
    before = read_manifests(consumers("a", "b", "c"), "a.yaml", memo).objects
    after = read_manifests(b"# new\n" + consumers("a", "x", "c"), "a.yaml", memo)

    assert before[2].resource is after.objects[2].resource
    assert {"a": "a.yaml:2", "x": "a.yaml:7", "c": "a.yaml:12"} == origins(after)


def test_a_mistake_does_not_make_forget():
    """The next save is as quick as if there had been none."""
    memo = FileMemo()
    before = read_manifests(consumers("a"), "a.yaml", memo).objects
    read_manifests(b"a: [", "a.yaml", memo)

    assert before[0] is read_manifests(consumers("a"), "a.yaml", memo).objects[0]


@pytest.mark.parametrize(
    "text", [b"%TAG ! tag:x\n---\n" + consumers("a"), consumers("a") + b"...\n---\n" + consumers("b")]
)
def test_directives_and_ends_of_documents_are_read(text):
    """Such a file is read as a whole."""
    assert () == read_manifests(text, "a.yaml").mistakes
    assert "a" in origins(read_manifests(text, "a.yaml"))


def test_a_marker_within_a_text_is_none():
    """Only at the beginning of a line."""
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |\n    a\n    ---\n    b\n"

    assert "a\n---\nb\n" == read_manifests(text, "a.yaml").objects[0].resource.data["x"]
