"""What can go wrong."""

from postern_operator.errors import LocalError, ManifestError, OperatorError


def test_every_error_is_of_one_tree():
    """A shell above catches the root."""
    assert all(issubclass(error, OperatorError) for error in (LocalError, ManifestError))


def test_a_manifest_error_says_where():
    """Line and column, counted from 1."""
    error = ManifestError("is wrong", 3, 1)

    assert ("is wrong", 3, 1) == (str(error), error.line, error.column)
