"""Why keys can't be had."""

from postern_operator.errors import OperatorError
from postern_operator.issuer_keys.errors import FetchReason, KeyFetchError


def test_an_unexpected_failure_shows_its_type_alone():
    """Its text may quote an answer."""
    error = KeyFetchError.unexpected(ValueError("secret"))
    assert isinstance(error, OperatorError)
    assert (FetchReason.UNAVAILABLE, "no answer: ValueError") == (error.reason, str(error))
