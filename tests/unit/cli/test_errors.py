"""What can go wrong beside what the shells raise."""

from __future__ import annotations

from postern_cli.errors import ClusterReadingError, CommandError, RefusedError


def test_a_refusal_says_what_and_why():
    """In the words of the API server's status line, and no others."""
    error = RefusedError("a list of routes", 403, "Forbidden")
    assert ("the API server refuses a list of routes: 403 Forbidden", "403 Forbidden") == (str(error), error.why)


def test_all_of_them_are_told_in_words():
    """Whoever catches the root catches everything."""
    assert issubclass(RefusedError, ClusterReadingError)
    assert issubclass(ClusterReadingError, CommandError)
