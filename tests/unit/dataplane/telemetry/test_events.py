"""What may be told of a request."""

from __future__ import annotations

import pytest

from postern_dataplane.telemetry.events import path_of


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a/b", "/a/b"),
        ("/a?jwt=secret", "/a"),
        ("/a#secret?b", "/a"),
        ("http://user:secret@example.com/a?b", "/a"),
        ("http://user:secret@example.com", "/"),
        ("*", "/"),
        ("user:secret", "/"),
    ],
)
def test_of_a_target_only_the_path_is_told(target, path):
    """Only the path of a target is logged: no query, no fragment, and nothing before the path."""
    assert path == path_of(target)
