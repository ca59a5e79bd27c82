"""The fields of CORS in the place of an upstream's own."""

from __future__ import annotations

from heads import head
from postern_dataplane.http1.cors_fields import with_cors
from postern_dataplane.http1.response_writer import ResponseWriter

OURS = ((b"Access-Control-Allow-Origin", b"https://a.example"), (b"Vary", b"Origin"))


def test_the_upstream_s_own_are_replaced():
    """Access-Control-* fields of an upstream are taken off in any case of letters; its Vary and all else stay."""
    fields = [
        (b"access-control-allow-ORIGIN", b"*"), (b"Access-Control-Allow-Private-Network", b"true"),
        (b"Vary", b"Accept"), (b"X-Access-Control-Allow-Origin", b"x"), (b"Access-Control", b"x"),
    ]  # fmt: skip
    assert [*fields[2:], *OURS] == with_cors(fields, OURS)


def test_a_response_has_them_once():
    """A response has the gateway's fields of CORS alone, or the upstream's where the route says nothing of CORS."""
    fields = [(b"Date", b"now"), (b"Content-Length", b"0"), (b"Access-Control-Allow-Origin", b"*")]
    replaced = ResponseWriter(print, head(), cors=OURS).begin(200, b"OK", fields, closes=False).head
    kept = ResponseWriter(print, head()).begin(200, b"OK", fields, closes=False).head
    assert b"\r\nAccess-Control-Allow-Origin: https://a.example\r\nVary: Origin\r\n" in replaced
    assert (1, True) == (replaced.count(b"Access-Control"), b"\r\nAccess-Control-Allow-Origin: *\r\n" in kept)
