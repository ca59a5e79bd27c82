"""What other people's libraries say about patterns and certificates."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from certificates import Authority
from postern_core.validators import UnusableCertificate
from postern_operator.validators import (
    RSA_BITS_MAX,
    can_match_path,
    certificates_error,
    read_certificate,
    regex_error,
)


@pytest.mark.parametrize(("pattern", "fine"), [("/a.*", True), ("(", False), ("(?=a)", False), ("(a)\\1", False)])
def test_only_patterns_of_re2_are_taken(pattern, fine):
    """Linear time is a promise to all tenants of a gateway."""
    assert fine == (regex_error(pattern) == "")


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_openssl_cannot_read_is_no_certificate(text):
    """It would fail in the data plane later."""
    assert certificates_error(text)


def test_a_key_that_holds_up_other_clients_is_refused():
    """A tenant's RSA key of 16,384 bits would stop a worker for a fifth of a second at each handshake."""
    numbers = rsa.RSAPublicNumbers(65537, (1 << RSA_BITS_MAX) + 1)
    pair = Authority("test CA").issue("a.test", key=_Unsigned(numbers.public_key()))
    with pytest.raises(UnusableCertificate, match="RSA key"):
        read_certificate(pair.chain.decode(), pair.key.decode())


class _Unsigned:
    """A key of which nothing but the public half is there: to make a whole one of that size takes seconds."""

    def __init__(self, public: rsa.RSAPublicKey) -> None:
        self._public = public

    def public_key(self) -> rsa.RSAPublicKey:
        return self._public

    def private_bytes(self, *_: object) -> bytes:
        return b""


NO_PATH = ["books/[0-9]+", "[a-z]+", r"\d+", "", "^books$", "(?i)books", "[^/]+", "[^/x]+/y", "a|b"]
PATHS = [
    "/books", "^/books$", ".*", "(?:a|/b)", "/?a", "[^/]*/a", "[^/]?/a", "[^/]{0,2}/a", "[^/]+|/a", "(?i)/a", r"\/a",
    "[^a]+", "x*/y", "[/a]", "(", "[[:punct:]]a", r"\W.*", "(?s).+", "\u00e9?/",
]  # fmt: skip


@pytest.mark.parametrize("pattern", NO_PATH)
def test_a_pattern_without_a_slash_in_front_matches_no_path(pattern):
    """A regex without a leading slash, whose requests are looked for in vain."""
    assert not can_match_path(pattern)


@pytest.mark.parametrize("pattern", PATHS)
def test_a_pattern_that_may_match_is_let_pass(pattern):
    """Where it is not certain, nothing is refused."""
    assert can_match_path(pattern)
