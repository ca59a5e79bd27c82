"""Which credentials the tokens of a request may be about, found before anything is known of policies.

It decides which Secrets of a cluster are worth reading; what a token is worth
is decided elsewhere.
"""

from __future__ import annotations

import re

from postern_dataplane.jwt.compact import MalformedToken, read_token
from postern_dataplane.request.head import RequestHead

# RFC 7515, section 7.1: three parts in base64url, with dots between them.
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def keys_named_in(head: RequestHead) -> frozenset[str]:
    """Every text that a token anywhere in the request claims: one of them may be a credential's key."""
    texts = [head.target, *(value.decode("latin-1") for _, value in head.headers)]
    found: set[str] = set()
    for text in texts:
        for token in _TOKEN.findall(text):
            try:
                claims = read_token(token).claims
            except MalformedToken:
                continue
            found.update(value for value in claims.values() if isinstance(value, str))
    return frozenset(found)
