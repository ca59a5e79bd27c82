"""What each signing algorithm needs of a key, and by which names tokens call it."""

from __future__ import annotations

from typing import get_args

import pytest

from postern_core.algorithms import KEY_TYPES, is_fit, token_names
from postern_core.resources.jwt_credential import Algorithm


def test_every_algorithm_of_a_credential_has_its_key_types():
    """Those with a shared secret need none."""
    assert {name for name in get_args(Algorithm) if not name.startswith("HS")} == set(KEY_TYPES)


@pytest.mark.parametrize(
    ("algorithm", "names"),
    [
        ("RS256", {"RS256"}),
        ("ES256", {"ES256"}),
        ("EdDSA", {"EdDSA", "Ed25519", "Ed448"}),
        ("Ed25519", {"EdDSA", "Ed25519"}),
        ("Ed448", {"EdDSA", "Ed448"}),
    ],
)
def test_the_fully_specified_names_of_rfc_9864_stand_beside_eddsa(algorithm, names):
    """All other names of JOSE say the curve already."""
    assert names == token_names(algorithm)


@pytest.mark.parametrize(
    ("type_", "bits", "algorithm", "expected"),
    [
        ("RSA", 2048, "RS512", True),
        ("RSA", 1024, "PS384", True),
        ("RSA", 1024, "PS512", False),
        ("RSA", 1033, "PS512", False),
        ("RSA", 1034, "PS512", True),
        ("P-256", 256, "ES256", True),
        ("P-256", 256, "ES384", False),
        ("Ed448", 456, "Ed25519", False),
    ],
)
def test_a_key_that_can_never_verify_a_signature_is_not_fit(type_, bits, algorithm, expected):
    """PSS needs room for the hash and a salt as long."""
    assert expected == is_fit(type_, bits, algorithm)
