"""The states that are tried on Argo CD and Flux are all that there are, and the documentation tells of each."""

from __future__ import annotations

import pytest

from postern_core.conditions import Programming
from postern_core.problems import Reason

# An Ingress has no conditions of ours: these are reasons of Events.
OF_AN_INGRESS = (
    Reason.POLICY_NOT_FOUND, Reason.POLICY_INVALID, Reason.INGRESS_CLASS_NOT_FOUND, Reason.GATEWAY_NOT_FOUND,
)  # fmt: skip
REASONS = [it.text for it in Reason if it.condition and it not in OF_AN_INGRESS] + [it.value for it in Programming]


def test_every_reason_is_promised_something(promised):
    """The page promises something for every reason, and for nothing else."""
    assert {*REASONS, "Ready"} - {"Programmed"} == set(promised)


# Which kinds may be told which reasons, beside Invalid, Pending and NoDataPlane, which all may.
WHO = {
    "Conflicted": {"JWTCredential", "Route", "JWTPolicy"},
    "TargetNotFound": {"JWTPolicy"},
    "PolicyRequired": {"Route"},
    "HostConflict": {"Service"},
    "ServiceNotFound": {"Route"},
    "ServiceInvalid": {"Route"},
    "ConsumerNotFound": {"Service", "Route", "JWTCredential", "TokenIssuer", "JWTPolicy"},
    "TokenIssuerNotFound": {"Service", "Route", "JWTCredential", "JWTPolicy"},
    "SecretNotFound": {"Service", "JWTCredential", "TokenIssuer"},
    "SecretKeyMissing": {"Service", "JWTCredential", "TokenIssuer"},
    "InvalidKeyMaterial": {"Service", "JWTCredential", "TokenIssuer"},
    "WeakKey": {"JWTCredential"},
    "UpstreamNotFound": {"Service", "Route"},
    "InvalidCertificate": {"Service"},
    "CertificateMismatch": {"Service"},
    "KeysUnavailable": {"TokenIssuer"},
    "KeysExpired": {"TokenIssuer"},
    "NoUsableKeys": {"TokenIssuer"},
    "AddressNotAllowed": {"TokenIssuer"},
    "Redirected": {"TokenIssuer"},
    "IssuerMismatch": {"TokenIssuer"},
}
EVERYBODY = {"Service", "Route", "Consumer", "JWTCredential", "TokenIssuer", "JWTPolicy"}


@pytest.mark.parametrize("reason", [*REASONS, "Ready"])
def test_every_kind_that_may_have_a_reason_is_tried_with_it(states, reason):
    """No more and no fewer."""
    found = {one["kind"] for one in states if reason in {it["reason"] for it in one["status"]["conditions"]}}
    assert WHO.get(reason, EVERYBODY) == found
