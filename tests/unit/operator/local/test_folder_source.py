"""Folders of manifests, read and watched."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from pathlib import Path

import pytest
import yaml

from postern_operator.errors import LocalError
from postern_operator.local import folder_source
from postern_operator.local.folder_source import FolderSource

LONG_AGO_S = 1_000_000_000


def consumer(name):
    return f"apiVersion: postern.dev/v1alpha1\nkind: Consumer\nmetadata: {{name: {name}}}\n"


@pytest.fixture
def write(tmp_path):
    """Writes a file that was saved long enough ago to be whole, each time a second later."""
    saved_at = iter(range(LONG_AGO_S, LONG_AGO_S + 1000))

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (0, next(saved_at)))
        return path

    return write


def names_in(reading):
    return sorted(parsed.ref.name for parsed in reading.objects)


def test_all_manifests_below_a_folder_are_read(tmp_path, write):
    """By their suffix; hidden ones are left out."""
    write("a.yaml", consumer("a"))
    write("sub/b.yml", consumer("b"))
    write("sub/deep/c.json", json.dumps(yaml.safe_load(consumer("c"))))
    write("no.txt", "a: [")
    write(".hidden.yaml", "a: [")
    write(".postern/no.yaml", "a: [")
    reading = FolderSource([tmp_path]).read()

    assert (["a", "b", "c"], ()) == (names_in(reading), reading.mistakes)


@pytest.mark.parametrize("is_named", [False, True])
@pytest.mark.parametrize("kind", ["FIFO", "device"])
def test_only_regular_files_are_read(kind, is_named, tmp_path, write):
    """A FIFO or a device named `x.yaml` is refused with a word, and the other files are read."""
    write("a.yaml", consumer("a"))
    odd = tmp_path / "x.yaml"
    os.mkfifo(odd) if kind == "FIFO" else odd.symlink_to("/dev/zero")
    reading = FolderSource([odd, tmp_path / "a.yaml"] if is_named else [tmp_path]).read()
    expected = f"{odd}:1:1: can't be read: it is a {kind}, and only regular files are read"
    assert ([expected], ["a"], (str(odd),)) == ([str(it) for it in reading.mistakes], names_in(reading), reading.unread)


def test_a_file_that_becomes_a_fifo_keeps_what_it_had(tmp_path, write):
    """As any file that can't be read."""
    path = write("a.yaml", consumer("a"))
    source = FolderSource([tmp_path])
    source.read()
    path.unlink()
    os.mkfifo(path)
    reading = source.read()
    assert (1, ["a"]) == (len(reading.mistakes), names_in(reading))


def test_the_files_of_a_mounted_config_map_are_read(tmp_path, write):
    """They are links to a folder that is a link itself, and hidden."""
    write("..2026/a.yaml", consumer("a"))
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    assert ["a"] == names_in(FolderSource([tmp_path]).read())


def test_a_file_that_is_named_is_read_whatever_its_suffix(write):
    """A named file is read with any suffix, and once, also where its folder is named too."""
    path = write("manifests", consumer("a"))
    other = write("b.yaml", consumer("b"))

    assert ["a", "b"] == names_in(FolderSource([path, other, path.parent]).read())
    assert () == FolderSource([path, other, path.parent]).read().mistakes


def test_a_path_that_is_not_there_is_told(tmp_path):
    """At first; later it may come back."""
    with pytest.raises(LocalError, match="does not exist"):
        FolderSource([tmp_path / "nowhere"]).read()


def test_what_has_not_changed_is_the_same(tmp_path, write):
    """A reading without news is the last one itself, and objects stay themselves."""
    write("a.yaml", consumer("a"))
    folders = FolderSource([tmp_path])
    first = folders.read()
    assert first is folders.read()
    write("b.yaml", consumer("b"))
    assert first.objects[0] is folders.read().objects[0]


def test_a_file_that_changes_or_goes_is_seen(tmp_path, write):
    """Its objects change or go with it."""
    path = write("a.yaml", consumer("a"))
    folders = FolderSource([tmp_path])
    folders.read()
    write("a.yaml", consumer("b"))
    assert ["b"] == names_in(folders.read())
    path.unlink()
    assert [] == names_in(folders.read())


def test_a_file_with_a_mistake_keeps_what_it_had(tmp_path, write):
    """A file with a mistake keeps its objects, and is named with line and column until it is fixed."""
    write("a.yaml", consumer("a"))
    folders = FolderSource([tmp_path])
    folders.read()
    path = write("a.yaml", consumer("b") + "x: [\n")
    reading = folders.read()
    assert (["a"], [f"{path}:5:1"]) == (names_in(reading), [str(it).partition(": ")[0] for it in reading.mistakes])
    write("a.yaml", consumer("b"))
    assert (["b"], ()) == (names_in(folders.read()), folders.read().mistakes)


def test_a_file_that_can_not_be_read_keeps_what_it_had(tmp_path, write, monkeypatch):
    """Its rights may be mended in a moment."""
    path = write("a.yaml", consumer("a"))
    folders = FolderSource([tmp_path])
    folders.read()
    with monkeypatch.context() as patched:
        patched.setattr(folder_source, "open_regular", refuse)
        reading = folders.read()
        assert reading is folders.read()
    assert (["a"], [f"{path}:1:1: can't be read: not today"]) == (
        names_in(reading),
        [str(mistake) for mistake in reading.mistakes],
    )
    assert () == folders.read().mistakes


def refuse(*_arguments, **_options):
    raise OSError(13, "not today")


def test_a_file_that_is_being_written_is_left_as_it_was(tmp_path, write):
    """A saved file is empty for a moment."""
    path = write("a.yaml", consumer("a"))
    folders = FolderSource([tmp_path])
    folders.read()
    path.write_text("")
    assert ["a"] == names_in(folders.read())
    os.utime(path, (0, LONG_AGO_S))
    assert [] == names_in(folders.read())


def test_of_two_equal_objects_the_first_counts(tmp_path, write):
    """Of two equal objects the first counts, and the other is reported with both places."""
    one, other = write("a.yaml", consumer("a")), write("b.yaml", "# x\n" + consumer("a"))
    reading = FolderSource([tmp_path]).read()

    assert [f"{one}:1"] == [parsed.origin for parsed in reading.objects]
    assert [f"{other}:2:1: Consumer default/a is at {one}:1 already, and that one is used; remove one of the two"] == [
        str(mistake) for mistake in reading.mistakes
    ]


def test_objects_without_a_name_are_all_kept(tmp_path, write):
    """Each has the same mistake."""
    write("a.yaml", consumer("''") + "---\n" + consumer("''"))

    assert (2, ()) == (len(FolderSource([tmp_path]).read().objects), FolderSource([tmp_path]).read().mistakes)


@contextlib.asynccontextmanager
async def watching(folders):
    """Reads until told what to wait for."""
    changes = folders.changes()
    async with asyncio.timeout(20), contextlib.aclosing(changes):

        async def until(is_so):
            async for _ in changes:
                if is_so(folders.read()):
                    return

        folders.read()
        yield until


async def test_a_save_is_noticed(tmp_path, write):
    """Of a known file, and of one in a folder that is new itself."""
    path = write("a.yaml", consumer("a"))
    async with watching(FolderSource([tmp_path])) as until:
        path.write_text(consumer("b"))
        await until(lambda reading: names_in(reading) == ["b"])
        (tmp_path / "new").mkdir()
        (tmp_path / "new/c.yaml").write_text(consumer("c"))
        await until(lambda reading: names_in(reading) == ["b", "c"])
        (tmp_path / "new/c.yaml").write_text(consumer("d"))
        await until(lambda reading: names_in(reading) == ["b", "d"])


async def test_a_file_that_is_replaced_is_noticed(tmp_path, write):
    """As editors do, also where the file itself is named."""
    path = write("a.yaml", consumer("a"))
    async with watching(FolderSource([path])) as until:
        (tmp_path / "new").write_text(consumer("b"))
        (tmp_path / "new").replace(path)
        await until(lambda reading: names_in(reading) == ["b"])


async def test_without_the_kernel_s_notices_a_save_is_found(tmp_path, write, monkeypatch):
    """By looking."""
    monkeypatch.setattr("postern_operator.local.folder_source.awatch", refuse)
    monkeypatch.setattr("postern_operator.local.folder_source.POLL_S", 0.01)
    path = write("a.yaml", consumer("a"))
    async with watching(FolderSource([tmp_path])) as until:
        path.write_text(consumer("b"))
        await until(lambda reading: names_in(reading) == ["b"])


def test_a_file_that_never_could_be_read_is_named(tmp_path, write):
    """Until it can be: nobody knows what it would have protected."""
    path = write("a.yaml", "a: [")
    folders = FolderSource([tmp_path])
    assert (str(path),) == folders.read().unread
    write("a.yaml", consumer("a"))
    assert () == folders.read().unread
    write("a.yaml", "a: [")
    assert ((), ["a"]) == (folders.read().unread, names_in(folders.read()))


def test_what_was_moved_into_an_unreadable_file_is_not_missed(tmp_path, write):
    """Files that are gone keep their objects as long as another one never could be read."""
    path = write("a.yaml", consumer("a"))
    folders = FolderSource([tmp_path])
    folders.read()
    path.unlink()
    moved = write("moved.yaml", "a: [")
    assert ["a"] == names_in(folders.read())
    write("moved.yaml", consumer("b"))
    assert ["b"] == names_in(folders.read())
    moved.unlink()
    assert [] == names_in(folders.read())


def test_what_is_gone_does_not_stand_in_for_what_is_there(tmp_path, write):
    """An object that has only moved is the one in its new file, and no mistake."""
    path = write("a.yaml", consumer("a"))
    folders = FolderSource([tmp_path])
    folders.read()
    path.unlink()
    write("b.yaml", consumer("a"))
    write("broken.yaml", "a: [")
    reading = folders.read()
    assert [str(tmp_path / "b.yaml:1")] == [parsed.origin for parsed in reading.objects]
    assert ["broken.yaml"] == [Path(mistake.path).name for mistake in reading.mistakes]
