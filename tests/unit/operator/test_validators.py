"""What other people's libraries say about patterns and certificates."""

import pytest

from postern_operator.validators import certificates_error, regex_error


@pytest.mark.parametrize(("pattern", "fine"), [("/a.*", True), ("(", False), ("(?=a)", False), ("(a)\\1", False)])
def test_only_patterns_of_re2_are_taken(pattern, fine):
    """Linear time is a promise to all tenants of a gateway."""
    assert fine == (regex_error(pattern) == "")


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_openssl_cannot_read_is_no_certificate(text):
    """It would fail in the data plane later."""
    assert certificates_error(text)
