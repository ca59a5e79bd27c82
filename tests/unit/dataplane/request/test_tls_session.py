"""What holds for all requests of a connection over TLS."""

from __future__ import annotations

from postern_dataplane.request.tls_session import TlsSession


def test_no_name_makes_a_session_that_of_another_certificate():
    """What is remembered for a client with one certificate is answered to none that has another, or none."""
    own, others = f"Hash={'a' * 64}", f"Hash={'b' * 64}"
    # By its subject the one certificate holds the end of the other text.
    holder = TlsSession("n", f'{own};Subject="CN=x {others}"'.encode())
    forged = TlsSession(f'n {own};Subject="CN=x', f'{others}"'.encode())
    bare = TlsSession(holder.way)
    assert 3 == len({holder.way, forged.way, bare.way})
