"""One certificate: a folder with `tls.crt` and `tls.key`, as a mounted Secret of type kubernetes.io/tls has them.

Nothing that is said about a mistake holds anything of the key.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from postern_dataplane.errors import CertificateError
from postern_kit.regular_file import open_regular, read_regular

from .tls_context import MakeContext

CHAIN, KEY = "tls.crt", "tls.key"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that can be served.

    `folder` is the name of its folder, `names` are those of its
    subjectAltName in lower case; it ends at `ends_at`, in seconds since the epoch.
    """

    folder: str
    names: tuple[str, ...]
    ends_at: float
    context: ssl.SSLContext = field(repr=False, compare=False)


def read_certificate(folder: Path, make_context: MakeContext, now_s: float) -> Certificate:
    """Read and check what is in the folder; raises `CertificateError`."""
    leaf = _leaf(folder)
    begins_at, ends_at = leaf.not_valid_before_utc.timestamp(), leaf.not_valid_after_utc.timestamp()
    if now_s >= ends_at:
        raise CertificateError(f"it has expired on {_day(ends_at)}")
    if now_s < begins_at:
        raise CertificateError(f"it is not valid before {_day(begins_at)}", may_heal=True)
    return Certificate(folder.name, _names(leaf), ends_at, _loaded(folder, make_context()))


def _leaf(folder: Path) -> x509.Certificate:
    """The first certificate of the chain, which is the server's own."""
    try:
        content = read_regular(folder / CHAIN)
    except OSError as error:
        raise _unreadable(CHAIN, error) from None
    try:
        return x509.load_pem_x509_certificates(content)[0]
    except ValueError:
        raise CertificateError(f"{CHAIN} holds no certificate in PEM form") from None


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    # RFC 9525, section 2: the name is taken from subjectAltName, never from the subject's common name.
    try:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(name.lower() for name in extension.value.get_values_for_type(x509.DNSName))


def _loaded(folder: Path, context: ssl.SSLContext) -> ssl.SSLContext:
    try:
        with open_regular(folder / KEY):
            pass  # OpenSSL would not say which of the two files it can't read.
        context.load_cert_chain(folder / CHAIN, folder / KEY, password=_no_passphrase)
    except ssl.SSLError as error:
        raise CertificateError(_in_words(error)) from None
    except OSError as error:
        raise _unreadable(KEY, error) from None
    return context


def _no_passphrase() -> bytes:
    # Without this OpenSSL asks for one on the terminal, and waits.
    raise CertificateError(f"{KEY} is protected by a passphrase")


def _unreadable(name: str, error: OSError) -> CertificateError:
    why = "is missing" if isinstance(error, FileNotFoundError) else f"can't be read: {error.strerror}"
    return CertificateError(f"{name} {why}", may_heal=True)


def _in_words(error: ssl.SSLError) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"{KEY} is not the key of {CHAIN}"
    if error.reason in {"EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"}:
        return f"{CHAIN} is too weak: {error.reason}"
    # OpenSSL's own word for it, a constant.
    return f"{CHAIN} and {KEY} can't be used: {error.reason or 'not in PEM form'}"


def _day(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
