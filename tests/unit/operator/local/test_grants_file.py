"""The grants of local mode, kept in the state folder."""

import os

import pytest

from manifests import compiled, credential, service
from postern_core.grants import Grants
from postern_operator.local.grants_file import GrantsFile

GRANTS = compiled(service(), credential()).grants


def test_grants_outlive_a_restart(tmp_path):
    """In a file that only its owner can read, in a folder that git ignores."""
    state = tmp_path / ".postern"
    GrantsFile(state, "default").keep(GRANTS)

    assert GRANTS == GrantsFile(state, "default").read()
    assert 0o600 == (state / "grants-default.json").stat().st_mode & 0o777
    assert 0o700 == state.stat().st_mode & 0o777
    assert "*\n" == (state / ".gitignore").read_text()


def test_each_gateway_has_its_own(tmp_path):
    """Hosts are granted for each by itself."""
    GrantsFile(tmp_path, "default").keep(GRANTS)

    assert Grants() == GrantsFile(tmp_path, "internal").read()


def test_nothing_is_written_without_need(tmp_path):
    """No folder for what has no grants, and no second write of the same."""
    state = tmp_path / ".postern"
    kept = GrantsFile(state, "default")
    kept.keep(Grants())
    assert not state.exists()
    kept.keep(GRANTS)
    (state / "grants-default.json").unlink()
    kept.keep(compiled(service(), credential()).grants)
    assert not (state / "grants-default.json").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"hosts":{"a":{"id":7}}}', b"\xff"])
def test_what_cannot_be_read_grants_nothing(tmp_path, content):
    """An unreadable file grants nothing, and age decides as at a first start."""
    (tmp_path / "grants-default.json").write_bytes(content)

    assert Grants() == GrantsFile(tmp_path, "default").read()


def test_a_folder_that_cannot_be_written_to_is_served_all_the_same(tmp_path):
    """Grants last as long as the process."""
    (tmp_path / "file").touch()
    GrantsFile(tmp_path / "file" / os.pardir / "file", "default").keep(GRANTS)

    assert ["file"] == [path.name for path in tmp_path.iterdir()]
