"""What the core may not find out itself, by the libraries whose trade it is.

RE2 reads patterns, and OpenSSL reads certificates just as the data plane will; keys have a module of their own.
"""

from __future__ import annotations

import re
import ssl
from functools import lru_cache
from typing import Any

import re2

from postern_core.pattern_limits import PATTERN_MEMORY_BYTES
from postern_core.validators import CertificateFacts, UnusableCertificate, Validators
from postern_kit.key_pair import KeyPairError, is_usual_pair, load_key_pair, read_leaf

from .public_keys import read_public_keys

# Each handshake signs on the event loop, while all other clients of the worker wait: 4 ms with so many bits, and 190 ms
# with the most that OpenSSL takes.
RSA_BITS_MAX = 4096
# A pattern that begins with one character or more, none of them a slash, which no range of texts says.
_NO_SLASH_FIRST = re.compile(r"\^?\[\^/[^][]*\](?![*?{])")


def regex_error(pattern: str) -> str:
    """Why RE2 refuses a pattern, "" if it does not."""
    return _read_pattern(pattern)[0]


def pattern_size(pattern: str) -> int:
    """The instructions of a pattern's program, 0 for one that RE2 refuses."""
    return _read_pattern(pattern)[1]


def can_match_path(pattern: str) -> bool:
    """Whether a pattern may match a text that begins with a slash: what RE2 knows of a pattern is a range of texts."""
    if _NO_SLASH_FIRST.match(pattern) and "|" not in pattern:
        return False
    try:
        first, last = _compiled(pattern).possiblematchrange(4)
    except re2.error:
        return True
    return bool(first < b"0" and last >= b"/")


@lru_cache(maxsize=4096)
def _read_pattern(pattern: str) -> tuple[str, int]:
    """What is wrong with a pattern, and its size, by the options with which the data plane compiles it."""
    try:
        return "", _compiled(pattern).programsize
    except re2.error as error:
        detail = error.args[0] if error.args else "unreadable"
        return detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail), 0


def _compiled(pattern: str) -> Any:
    """Raises `re2.error`."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = PATTERN_MEMORY_BYTES
    return re2.compile(pattern, options)


def certificates_error(pem: str) -> str:
    """Why OpenSSL can't take a PEM text as CA certificates, "" if it can."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        return "holds no CA certificate in PEM (-----BEGIN CERTIFICATE-----)"
    return "" if context.cert_store_stats()["x509"] else "holds no certificate"


def read_certificate(chain_pem: str, key_pem: str) -> CertificateFacts:
    """What a chain says of its server's certificate; raises `UnusableCertificate` for what no client can be shown."""
    chain, key = chain_pem.encode(), key_pem.encode()
    try:
        leaf = read_leaf(chain)
        if leaf.rsa_bits > RSA_BITS_MAX:
            raise UnusableCertificate(f"tls.crt has an RSA key beyond {RSA_BITS_MAX} bits; have one issued for P-256")
        if not is_usual_pair(chain, key):
            # OpenSSL says what is wrong, in the words that the data plane would have.
            load_key_pair(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), chain, key)
    except KeyPairError as error:
        raise UnusableCertificate(str(error)) from None
    return CertificateFacts(leaf.names, leaf.begins_at, leaf.ends_at, leaf.is_for_servers, leaf.is_for_clients)


VALIDATORS = Validators(
    read_public_keys, regex_error, certificates_error, pattern_size, can_match_path, read_certificate
)
