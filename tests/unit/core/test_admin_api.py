"""The answer of a data plane's admin port."""

from __future__ import annotations

import msgspec
import pytest

from postern_core.admin_api import ServedConfig, UnknownKeys, WorkerConfig, served_digest_of, unknown_keys_of


def test_a_reader_finds_what_a_data_plane_writes():
    """The digest survives encoding and decoding, and so does a missing one."""
    for digest in ("abc", None):
        content = msgspec.json.encode(ServedConfig(digest, workers=(WorkerConfig(1, digest),)))
        assert digest == served_digest_of(content)


@pytest.mark.parametrize(
    ("content", "digest"),
    [
        (b'{"digest": "abc", "of_a_later_version": 1}', "abc"),
        (b"{}", None),
        (b'{"digest": 1}', None),
        (b"not JSON", None),
        (b'{"digest": "\xff"}', None),
    ],
)
def test_other_versions_and_other_programs_may_answer(content, digest):
    """Unknown fields are passed over, and what is no such answer names no digest."""
    assert digest == served_digest_of(content)


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b'{"sequence": 3, "issuers": {"a": 3}, "of_a_later_version": 1}', UnknownKeys(3, {"a": 3})),
        (b'{"message": "there are /healthz"}', None),
        (b'{"sequence": 3, "issuers": {"a": "x"}}', None),
        (b"\xff", None),
    ],
)
def test_what_lacks_is_read_as_strictly(content, answer):
    """A data plane of an older version has no such answer."""
    assert answer == unknown_keys_of(content)
