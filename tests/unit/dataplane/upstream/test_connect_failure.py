"""What failed when no connection could be made."""

from __future__ import annotations

import ssl

import pytest

from certificates import Authority
from postern_dataplane.request.denials import UPSTREAM_FAILURES
from postern_dataplane.upstream.connect_failure import connect_failure, tls_failure
from postern_dataplane.upstream.dial_policy import AddressRefused

OURS = Authority("ours")


def handshake(folder, *names, ca=OURS, asked="a.test", ended=False):
    """The error of a client that trusts a CA, at a server with a certificate of ours for these names."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ca.client_context().wrap_bio(to_client, to_server, server_hostname=asked)
    server = OURS.server_context(folder, *names, ended=ended).wrap_bio(to_server, to_client, server_side=True)
    for end in (client, server, client):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            return error
    return None


@pytest.mark.parametrize(
    ("how", "kind", "said"),
    [
        ({"ended": True}, "certificate_date", "expired"),
        ({"asked": "b.test"}, "certificate_name", "b.test"),
        ({"asked": "127.0.0.1"}, "certificate_name", "127.0.0.1"),
        ({"ca": Authority("another")}, "certificate_untrusted", "issuer"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told(tmp_path, how, kind, said):
    """Its date, its name or its CA, and in OpenSSL's words what of it."""
    error = handshake(tmp_path, "a.test", **how)
    assert (kind, True) == (connect_failure(error), said in tls_failure(error))


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (ConnectionRefusedError(), "connect_failed", ""),
        (TimeoutError(), "connect_timeout", ""),
        (ssl.SSLError(1, "wrong version number"), "tls_failed", "no handshake"),
    ],
)
def test_other_failures_have_their_kind(error, kind, said):
    """A refused connection and a late one are no failures of TLS."""
    assert (kind, said) == (connect_failure(error), tls_failure(error))
    assert kind in UPSTREAM_FAILURES


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (AddressRefused("10.0.0.1 (own)"), "address_refused", "upstream_address_refused"),
        (TimeoutError(), "connect_timeout", "upstream_timeout"),
        (ConnectionRefusedError(), "connect_failed", "upstream_connect_failed"),
    ],
)
def test_the_answer_follows_from_the_kind(error, kind, reason):
    """A request that got no connection is answered by what failed last."""
    assert (kind, reason) == (connect_failure(error), UPSTREAM_FAILURES[connect_failure(error)].reason)
