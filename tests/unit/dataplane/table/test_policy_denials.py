"""The challenges of a policy's refusals."""

from __future__ import annotations

import pytest

from postern_dataplane.table.policy_denials import DESCRIBED, policy_denials


def test_a_challenge_is_described_for_holders_of_a_good_token_alone():
    """All refusals of other tokens are as if nothing were described, so that a forger learns nothing."""
    (missing, usual), (also_missing, described) = policy_denials("a"), policy_denials("a", describes=True)
    assert missing == also_missing
    assert set(DESCRIBED) == {reason for reason in usual if usual[reason] != described[reason]}
    assert {"expired", "not_allowed"} == set(DESCRIBED)


@pytest.mark.parametrize("reason", DESCRIBED)
def test_a_description_follows_the_error_code(reason):
    """A description holds only characters that RFC 6750, section 3, allows, and changes neither status nor body."""
    usual, described = (policy_denials('a"b', describes=it)[1][reason] for it in (False, True))
    text = DESCRIBED[reason]
    assert f'{usual.challenge}, error_description="{text}"' == described.challenge
    assert all(" " <= char <= "~" and char not in '"\\' for char in text)
    assert (usual.status, usual.body) == (described.status, described.body)
