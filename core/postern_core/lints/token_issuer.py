"""What of a TokenIssuer works, and is weaker than it looks."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.checks.key_source import is_plain
from postern_core.resources.token_issuer import TokenIssuer
from postern_core.validators import Validators


def keys_come_unprotected(issuer: TokenIssuer, _: Validators) -> Iterator[tuple[str, str]]:
    fetch = issuer.spec.fetch
    if fetch is not None and fetch.insecure and is_plain(issuer):
        wrong = "come by http, so that a machine on the way can replace them and forge every token"
        yield "spec.keys", f"{wrong}; use https, with fetch.caCertificateRef for a CA of your own"


TOKEN_ISSUER_LINTS = (keys_come_unprotected,)
