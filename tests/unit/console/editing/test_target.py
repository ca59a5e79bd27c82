"""Where an object is written, and what of a file stays."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

import manifests
from postern_console.editing import target
from postern_console.editing.target import added_document, changed_document, save
from postern_core.ref import Ref
from postern_operator.errors import LocalError

BOB = Ref("Consumer", "default", "bob")


def changed(folder, name="bob", **spec):
    """The change of a Consumer's spec."""
    return changed_document(folder.state().objects[Ref("Consumer", "default", name)], manifests.consumer(name, **spec))


def test_a_document_is_replaced_and_all_others_stay(folder):
    """Their bytes are as they were, comments and markers too."""
    texts = [
        "# first\n" + yaml.safe_dump(manifests.consumer("a")),
        "# it\n" + yaml.safe_dump(manifests.consumer("bob")),
    ]
    last = " # last\n" + yaml.safe_dump(manifests.consumer("c")) + "# end"
    file = folder.write("---\n".join(texts) + "---" + last)
    before = file.read_text()
    save(changed(folder, groups=["x"]))
    expected = before.replace(
        "name: bob\n  namespace: default\nspec: {}", "name: bob\n  namespace: default\nspec:\n  groups: [x]"
    )
    assert expected == file.read_text()


def test_a_file_keeps_its_rights_and_its_link(folder, tmp_path):
    """What a link leads to is written, not the link."""
    file = folder.write(manifests.consumer("bob"))
    real = tmp_path / "real.yaml"
    file.rename(real)
    file.symlink_to(real)
    real.chmod(0o640)
    save(changed(folder, groups=["x"]))
    assert (True, 0o640, True) == (file.is_symlink(), stat.S_IMODE(real.stat().st_mode), "groups" in real.read_text())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (json.dumps(manifests.consumer("bob")), "all.json"),
        (yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [manifests.consumer("bob")]}), "all.yaml"),
        (f"{yaml.safe_dump(manifests.consumer('bob'))}...\n---\n{yaml.safe_dump(manifests.consumer('a'))}", "all.yaml"),
        (yaml.safe_dump(manifests.consumer("bob")).replace("\n", "\r\n"), "all.yaml"),
        (f"%YAML 1.1\n---\n{yaml.safe_dump(manifests.consumer('bob'))}---\n# empty\n", "all.yaml"),
        (f"# c\n---\n...\n---\n{yaml.safe_dump(manifests.consumer('bob'))}", "all.yaml"),
    ],
)  # fmt: skip
def test_what_shares_a_document_is_left_to_an_editor(folder, text, name):
    """A list, JSON, or a text that is not one document by itself."""
    folder.write(text, name=name)
    with pytest.raises(LocalError, match="edit it there"):
        changed(folder, groups=["x"])


def test_a_file_that_has_changed_is_not_overwritten(folder):
    """A save never takes away what another program has written."""
    file = folder.write(manifests.consumer("bob"))
    change = changed(folder, groups=["x"])
    file.write_text(file.read_text() + "# mine\n")
    with pytest.raises(LocalError, match="in the meantime"):
        save(change)
    new = added_document([folder.path], Ref("Consumer", "default", "c"), manifests.consumer("c"))
    new.path.write_text("# mine\n")
    with pytest.raises(LocalError, match="in the meantime"):
        save(new)
    assert "# mine\n" == new.path.read_text()


def test_an_object_that_has_gone_is_not_written(folder):
    """Its file may have, too."""
    file = folder.write(manifests.consumer("bob"))
    state = folder.state()
    file.unlink()
    with pytest.raises(LocalError, match="can't be changed"):
        changed_document(state.objects[BOB], manifests.consumer("bob"))


def test_a_new_object_has_a_file_of_its_own(folder):
    """Its name is that of the object, and of its namespace where that is taken."""
    names = []
    for namespace in ("a", "b", "c"):
        change = added_document([folder.path], Ref("Consumer", namespace, "bob"), manifests.consumer("bob", namespace))
        names.append(change.path.name)
        save(change)
    assert ["consumer-bob.yaml", "consumer-bob-b.yaml", "consumer-bob-c.yaml"] == names
    with pytest.raises(LocalError, match="is there already"):
        added_document([folder.path], Ref("Consumer", "c", "bob"), {})


@pytest.mark.parametrize("name", ["", "../x", "a/b", "A", "x" + "\n"])
def test_a_name_that_is_none_names_no_file(folder, name):
    """A path never leaves the folder."""
    for ref in (Ref("Consumer", "default", name), Ref("Consumer", name, "bob")):
        with pytest.raises(LocalError, match="no usable name"):
            added_document([folder.path], ref, {})


@pytest.mark.parametrize("before", ["", "{apiVersion: v1, kind: A}", "{apiVersion: v1, kind: A}\n"])
def test_without_a_folder_a_new_object_is_put_behind_the_others(folder, before):
    """The command was given a file."""
    file = folder.write(before)
    save(added_document([file], BOB, manifests.consumer("bob")))
    assert [*([{"apiVersion": "v1", "kind": "A"}] if before else []), manifests.consumer("bob")] == list(
        yaml.safe_load_all(file.read_text())
    )


def test_json_gets_no_document_behind_it(folder):
    """A file of JSON has one."""
    with pytest.raises(LocalError, match="name a folder"):
        added_document([folder.write("{}", name="a.json")], BOB, {})


def test_a_folder_that_can_t_be_written_is_said(folder):
    """Nothing is left half."""
    change = added_document([folder.path], BOB, manifests.consumer("bob"))
    folder.path.rmdir()
    with pytest.raises(LocalError, match="can't be written"):
        save(change)


@pytest.mark.parametrize("spec", [{"customID": float("inf")}, {"customID": 10**70}])
def test_a_file_that_would_be_read_otherwise_is_not_written(folder, spec):
    """The complete file is read before it is written, and holds what is meant."""
    file = folder.write(manifests.consumer("a"), manifests.consumer("bob"))
    with pytest.raises(LocalError, match="would not be read as it is meant"):
        changed(folder, **spec)
    for folders in ([folder.path], [file]):
        with pytest.raises(LocalError, match="would not be read as it is meant"):
            added_document(folders, Ref("Consumer", "default", "c"), manifests.consumer("c", **spec))


def test_nothing_is_put_behind_what_can_t_be_read(folder):
    """The file would stay unreadable, and the new object with it."""
    for text in ("kind: A", "a: [", "\udcff"):
        file = folder.path / "all.yaml"
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        with pytest.raises(LocalError, match="can't be changed"):
            added_document([file], BOB, manifests.consumer("bob"))


def test_an_anchor_that_comes_twice_is_no_error(folder):
    """The reader of manifests allows it, and the document is written anew."""
    text = yaml.safe_dump(manifests.consumer("bob"), sort_keys=False)
    folder.write(text.replace("kind: ", "kind: &a ").replace("name: ", "name: &a "))
    save(changed(folder, groups=["x"]))
    assert {"groups": ["x"]} == yaml.safe_load((folder.path / "all.yaml").read_text())["spec"]


@pytest.mark.parametrize("mark", ["--- ", "---\n", "--- # bob\n", "--- &x ", ""])
@pytest.mark.parametrize("is_flow", [True, False])
def test_a_marker_stays_a_marker(folder, mark, is_flow):
    """A document in the line of its marker is written behind it, and the next document stays one."""
    text = yaml.safe_dump(manifests.consumer("bob"), default_flow_style=is_flow)
    line = mark if is_flow or mark.endswith("\n") else mark.strip() + "\n" * bool(mark)
    folder.write(f"{line}{text}", manifests.consumer("a"))
    save(changed(folder, groups=["x"]))
    written = (folder.path / "all.yaml").read_text()
    expected = [manifests.consumer("bob", groups=["x"]), manifests.consumer("a")]
    assert (expected, bool(mark)) == (list(yaml.safe_load_all(written)), written.startswith("---"))


def test_a_key_that_begins_as_a_marker_stays(folder):
    """`---a` is a text, and no marker."""
    folder.write("---a: 1\n" + yaml.safe_dump(manifests.consumer("bob")))
    save(changed_document(folder.state().objects[BOB], {"---a": 1, **manifests.consumer("bob", groups=["x"])}))
    assert (folder.path / "all.yaml").read_text().startswith("---a: 1\n")


def test_a_new_file_is_never_behind_a_link(folder, tmp_path):
    """A link that leads nowhere yet takes the name, and nothing is written where it leads, outside of the folder."""
    link = folder.path / "consumer-bob.yaml"
    change = added_document([folder.path], BOB, manifests.consumer("bob"))
    link.symlink_to(tmp_path / "outside.yaml")
    with pytest.raises(LocalError):
        save(change)
    save(added_document([folder.path], BOB, manifests.consumer("bob")))
    names = sorted(path.name for path in folder.path.iterdir())
    assert (["consumer-bob-default.yaml", "consumer-bob.yaml"], True) == (names, link.is_symlink())
    assert not (tmp_path / "outside.yaml").exists()


def test_a_name_that_is_too_long_for_a_file_is_said(folder):
    """An object may have a name as long as a file's may be, to which the kind and the suffix are added."""
    ref = Ref("Consumer", "default", "a" * 253)
    with pytest.raises(LocalError, match="can't be written: File name too long"):
        save(added_document([folder.path], ref, manifests.consumer(ref.name)))


@pytest.mark.parametrize("mode", [0o664, 0o600, 0o666])
def test_a_file_keeps_its_mode_whatever_the_umask(folder, mode):
    """The others of a group that could write a file still can, and a new file has what the umask leaves."""
    file = folder.write(manifests.consumer("bob"))
    file.chmod(mode)
    before = os.umask(0o027)
    try:
        save(changed(folder, groups=["x"]))
        save(added_document([folder.path], Ref("Consumer", "default", "c"), manifests.consumer("c")))
    finally:
        os.umask(before)
    new = folder.path / "consumer-c.yaml"
    assert (mode, 0o640) == (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(new.stat().st_mode))


OTHER_CONSOLE = """
import sys
from pathlib import Path
from postern_console.editing.target import _alone_in
file = Path(sys.argv[1])
with _alone_in(file.parent):
    print("has looked", flush=True)
    sys.stdin.readline()
    file.write_text(file.read_text() + "# one\\n")
"""


def test_of_two_consoles_on_one_folder_none_loses_a_save_of_the_other(folder):
    """The second waits until the first has written, and then finds that the file has changed in the meantime."""
    file = folder.write(manifests.consumer("bob"))
    before, change = file.read_text(), changed(folder, groups=["x"])
    command = [sys.executable, "-c", OTHER_CONSOLE, str(file)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        assert "has looked\n" == other.stdout.readline()
        saving = pool.submit(save, change)
        with pytest.raises(TimeoutError):
            saving.result(0.3)
        other.communicate("\n", timeout=20)
        with pytest.raises(LocalError, match="has changed in the meantime"):
            saving.result(20)
    assert before + "# one\n" == file.read_text()


def test_a_folder_that_another_user_holds_locked_is_not_waited_for_without_end(folder, monkeypatch):
    """All who may read a folder can lock it; the save says so, and writes nothing."""
    file = folder.write(manifests.consumer("bob"))
    before, change = file.read_text(), changed(folder, groups=["x"])
    monkeypatch.setattr(target, "LOCK_S", 0.1)
    held = os.open(file.parent, os.O_RDONLY)
    target.fcntl.flock(held, target.fcntl.LOCK_SH)
    with pytest.raises(LocalError, match="is locked by another program"):
        save(change)
    os.close(held)
    assert before == file.read_text()


def test_a_file_system_without_locks_for_folders_is_written_to(folder, monkeypatch):
    """As some network file systems are."""

    def refuses(*_):
        raise OSError("no locks")

    folder.write(manifests.consumer("bob"))
    monkeypatch.setattr(target.fcntl, "flock", refuses)
    save(changed(folder, groups=["x"]))
    assert "groups: [x]" in (folder.path / "all.yaml").read_text()


def test_a_new_secret_is_for_its_owner_alone(folder):
    """Where there is no folder, it has no file of its own, and is not written."""
    ref = Ref("Secret", "default", "s")
    save(added_document([folder.path], ref, manifests.secret("s")))
    file = folder.path / "secret-s.yaml"
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    with pytest.raises(LocalError, match="a file of its own"):
        added_document([file], ref, manifests.secret("s"))
