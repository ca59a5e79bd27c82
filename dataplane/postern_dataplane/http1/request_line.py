"""The request line, which has one spelling here; the parser takes others too."""

from __future__ import annotations

import re

from postern_dataplane.request.denials import BAD_REQUEST

from .request_head import RequestError

# RFC 9112, section 3: "method SP request-target SP HTTP-version". And section 2.2: "a server that is expecting to
# receive and parse a request-line SHOULD ignore at least one empty line (CRLF) received prior to the request-line." Old
# clients send one behind a body, and none sends more. The parser takes any number of spaces and line ends, and RTSP.
_REQUEST_LINE = re.compile(rb"(?:\r\n)?+[!-~]++ [!-~]++ HTTP/[0-9]\.[0-9]\r\n")


def unchecked_line(came: bytes) -> bytes | None:
    """What has come of a line while its end is missing, None once it is there.

    Raises `RequestError` for a line that the parser would normalise, as soon as all of it has come.
    """
    if _REQUEST_LINE.match(came):
        return None
    if b"  " in came or came.find(b"\r\n", 2) >= 0:
        raise RequestError(BAD_REQUEST)
    return came
