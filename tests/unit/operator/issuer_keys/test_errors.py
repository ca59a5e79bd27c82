"""Why keys can't be had."""

from postern_operator.errors import OperatorError
from postern_operator.issuer_keys.errors import Failure, FetchReason, KeyFetchError


def test_an_unexpected_failure_shows_its_type_alone():
    """Its text may quote an answer."""
    error = KeyFetchError.unexpected(ValueError("secret"))
    assert isinstance(error, OperatorError)
    assert (FetchReason.UNAVAILABLE, "no answer: ValueError") == (error.reason, str(error))


def test_what_is_kept_of_a_failure_are_two_texts():
    """An exception has a traceback, and with it whatever its functions had read."""
    assert Failure(FetchReason.REDIRECTED, "x") == Failure(FetchReason.REDIRECTED, "x")
    assert ("reason", "message") == Failure.__slots__
