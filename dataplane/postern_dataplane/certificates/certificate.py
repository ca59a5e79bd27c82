"""One certificate: a folder with `tls.crt` and `tls.key`, as a mounted Secret of type kubernetes.io/tls has them.

Nothing that is said about a mistake holds anything of the key.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from postern_dataplane.errors import CertificateError
from postern_kit.key_pair import CHAIN, KEY, KeyPairError, load_key_pair, read_leaf
from postern_kit.regular_file import read_regular

from .tls_context import MakeContext


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
    pair: tuple[bytes, bytes] = field(default=(b"", b""), repr=False, compare=False)

    def with_new_context(self, make_context: MakeContext) -> Certificate:
        """The same, whatever is on disk now, in a context that is made as contexts are now; raises `KeyPairError`."""
        return replace(self, context=_context(self.pair, make_context))


def read_certificate(folder: Path, make_context: MakeContext, now_s: float) -> Certificate:
    """Read and check what is in the folder; raises `CertificateError`."""
    chain = _read(folder, CHAIN)
    try:
        leaf = read_leaf(chain)
    except KeyPairError as error:
        raise CertificateError(str(error)) from None
    if now_s >= leaf.ends_at:
        raise CertificateError(f"it has expired on {_day(leaf.ends_at)}")
    if now_s < leaf.begins_at:
        raise CertificateError(f"it is not valid before {_day(leaf.begins_at)}", may_heal=True)
    pair = chain, _read(folder, KEY)
    try:
        context = _context(pair, make_context)
    except KeyPairError as error:
        raise CertificateError(str(error)) from None
    return Certificate(folder.name, leaf.names, leaf.ends_at, context, pair)


def _context(pair: tuple[bytes, bytes], make_context: MakeContext) -> ssl.SSLContext:
    context = make_context()
    load_key_pair(context, *pair)
    return context


def _read(folder: Path, name: str) -> bytes:
    try:
        return read_regular(folder / name)
    except OSError as error:
        why = "is missing" if isinstance(error, FileNotFoundError) else f"can't be read: {error.strerror}"
        raise CertificateError(f"{name} {why}", may_heal=True) from None


def _day(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
