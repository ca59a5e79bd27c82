"""The fetched keys of local mode, kept in the state folder."""

import json

import pytest

from fake_provider import jwk, signing_key
from postern_operator.issuer_keys.fetch import FetchedKeys
from postern_operator.issuer_keys.source import KeySource
from postern_operator.jwk_sets import read_published_jwks, write_jwks
from postern_operator.local.jwks_files import JwksFiles

SOURCE = KeySource("https://login.example.com/jwks")
SET = write_jwks(read_published_jwks(json.dumps({"keys": [jwk(signing_key(), "one")]})).keys)
KEYS = FetchedKeys(SET, 1_800_000_000.0, SOURCE.url)


async def test_keys_outlive_a_restart(tmp_path):
    """In files that only their owner can read, in a folder that git ignores."""
    state = tmp_path / ".postern"
    await JwksFiles(state).keep(SOURCE, KEYS)

    assert KEYS == await JwksFiles(state).read(SOURCE)
    assert 0o600 == (state / "jwks" / f"{SOURCE.id}.json").stat().st_mode & 0o777
    assert 0o700 == (state / "jwks").stat().st_mode & 0o777 == state.stat().st_mode & 0o777
    assert "*\n" == (state / ".gitignore").read_text()


@pytest.mark.parametrize("content", [b"", b"{}", b"damaged"])
async def test_damaged_keys_are_fetched_again(tmp_path, content):
    """They verify nothing."""
    await JwksFiles(tmp_path).keep(SOURCE, KEYS)
    (tmp_path / "jwks" / f"{SOURCE.id}.json").write_bytes(content)
    assert await JwksFiles(tmp_path).read(SOURCE) is None


async def test_a_source_that_is_dropped_leaves_nothing(tmp_path):
    """A source that never was there can be dropped too."""
    files = JwksFiles(tmp_path)
    await files.keep(SOURCE, KEYS)
    for _ in range(2):
        await files.drop(SOURCE)
    assert await files.read(SOURCE) is None


async def test_a_folder_that_can_not_be_written_to_stops_nothing(tmp_path):
    """Keys then last as long as the process."""
    (tmp_path / "file").touch()
    files = JwksFiles(tmp_path / "file")
    await files.keep(SOURCE, KEYS)
    await files.drop(SOURCE)
    assert await files.read(SOURCE) is None
