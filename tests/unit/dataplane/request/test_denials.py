"""Every refusal, as a client gets it."""

from __future__ import annotations

from postern_dataplane.request import denials as module
from postern_dataplane.request.denials import (
    INVALID_TOKEN,
    MISSING_TOKEN,
    Denial,
    DenialReason,
)

ALL = [denial for denial in vars(module).values() if isinstance(denial, Denial)] + list(INVALID_TOKEN.values())
DATE = b"Thu, 01 Jan 2030 00:00:00 GMT"


def test_a_reason_is_that_of_one_refusal():
    """The metric has a series for each reason, so no two refusals share one, and none is without a refusal."""
    assert sorted(DenialReason) == sorted(denial.reason for denial in ALL)


def test_a_denial_is_a_value():
    """Its fields and its body are the response, whatever protocol writes it; equal ones are one key."""
    denial = MISSING_TOKEN.with_challenge('Bearer realm="a"')
    assert b'{"message":"Missing JWT token in request"}' == denial.body
    assert (
        (b"Content-Type", b"application/json"),
        (b"Content-Length", b"42"),
        (b"WWW-Authenticate", b'Bearer realm="a"'),
    ) == denial.fields
    assert {denial} == {denial, MISSING_TOKEN.with_challenge('Bearer realm="a"')}
