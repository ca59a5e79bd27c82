"""Where a client without TLS is sent."""

from __future__ import annotations

import pytest

from heads import head
from postern_dataplane.decision.https_redirect import redirect_to_https
from postern_dataplane.http1.denial_response import denial_response
from postern_dataplane.request.denials import BAD_REQUEST, METHOD_NOT_ALLOWED


@pytest.mark.parametrize(
    ("target", "host", "port", "location"),
    [
        ("/", "a.test", 443, "https://a.test/"),
        ("/", "a.test:80", 8443, "https://a.test:8443/"),
        ("/x/../y?z=%zz", "A.test.", 443, "https://a.test/x/../y?z=%zz"),
        ("/", "[::1]:80", 8443, "https://[::1]:8443/"),
        ("http://b.test:80/x", "a.test", 443, "https://b.test/x"),
        ("http://b.test", "a.test", 443, "https://b.test/"),
        ("HTTP://b.test?x", "a.test", 443, "https://b.test/?x"),
        ("/?\u00e9\udcff", "a.test", 443, "https://a.test/?%C3%A9%FF"),
    ],
)
def test_host_and_target_stay(target, host, port, location):
    """The port is named where it is not the usual one; bytes outside ASCII are escaped."""
    denial = redirect_to_https(head(target, host=host), port)
    assert (308, location) == (denial.status, denial.location)
    assert b"\r\nLocation: %b\r\n" % location.encode() in denial_response(denial, b"", close=False)


@pytest.mark.parametrize(
    ("sent", "denial"),
    [
        (head("/", host=None, http_minor=0), BAD_REQUEST),
        (head("/", host=None), BAD_REQUEST),
        (head("/", ("Host", "b.test")), BAD_REQUEST),
        (head("/", host=""), BAD_REQUEST),
        (head("/", host="a.test\r\nX: y"), BAD_REQUEST),
        (head("/?a\r\nX: y"), BAD_REQUEST),
        (head("/a\\b\r\n"), BAD_REQUEST),
        (head("*", method="OPTIONS"), BAD_REQUEST),
        (head("/", method="TRACE"), METHOD_NOT_ALLOWED),
    ],
)
def test_what_has_no_single_reading_is_sent_nowhere(sent, denial):
    """It is refused as everywhere else."""
    assert denial == redirect_to_https(sent, 443)
