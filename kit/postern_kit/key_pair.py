"""A certificate's chain and its private key in PEM, as a Secret of type kubernetes.io/tls has them.

Nothing that is said about a mistake holds anything of the key.
"""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

CHAIN, KEY = "tls.crt", "tls.key"

_ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE


class KeyPairError(ValueError):
    """The pair can't be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The first of a chain: the names of its subjectAltName in lower case, its times since the epoch, and its uses.

    `rsa_bits` is the size of its key, 0 for one of another type.
    """

    names: tuple[str, ...]
    begins_at: float
    ends_at: float
    is_for_servers: bool
    is_for_clients: bool
    rsa_bits: int = 0


def read_leaf(chain: bytes) -> Leaf:
    """The first certificate of a chain; raises `KeyPairError`."""
    # What cryptography raises for the many things that X.509 does not allow has no common base.
    try:
        leaf = x509.load_pem_x509_certificates(chain)[0]
    except Exception:  # noqa: BLE001 # one bad certificate must not hurt the others
        raise KeyPairError(f"{CHAIN} holds no certificate in PEM form") from None
    try:
        usages, key = _usages(leaf), leaf.public_key()
        return Leaf(
            _names(leaf),
            leaf.not_valid_before_utc.timestamp(),
            leaf.not_valid_after_utc.timestamp(),
            is_for_servers=not usages.isdisjoint((_ANY, ExtendedKeyUsageOID.SERVER_AUTH)),
            is_for_clients=not usages.isdisjoint((_ANY, ExtendedKeyUsageOID.CLIENT_AUTH)),
            rsa_bits=key.key_size if isinstance(key, rsa.RSAPublicKey) else 0,
        )
    except Exception:  # noqa: BLE001 # what was signed is not what X.509 asks for
        raise KeyPairError(f"{CHAIN} holds a certificate whose key or extensions can't be read") from None


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    # RFC 9525, section 2: the name is taken from subjectAltName, never from the subject's common name.
    try:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(name.lower() for name in extension.value.get_values_for_type(x509.DNSName))


def _usages(leaf: x509.Certificate) -> set[x509.ObjectIdentifier]:
    try:
        return set(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return {_ANY}  # RFC 5280, section 4.2.1.12


def is_usual_pair(chain: bytes, key: bytes) -> bool:
    """Whether a pair is one that OpenSSL surely takes: usual keys and signatures, and a key that fits.

    It takes a tenth of the time of trying it.
    """
    try:
        certificates = x509.load_pem_x509_certificates(chain)
        private = load_pem_private_key(key, None, unsafe_skip_rsa_key_validation=True)
        publics = [it.public_key() for it in certificates]
        is_usual = all(map(_is_usual_key, publics)) and all(map(_has_usual_signature, certificates))
    except Exception:  # noqa: BLE001 # OpenSSL says then whether it takes them
        return False
    return is_usual and isinstance(private, _USUAL_PRIVATE) and private.public_key() == publics[0]


_USUAL_PRIVATE = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)


def _is_usual_key(key: object) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= 2048
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1)


def _has_usual_signature(certificate: x509.Certificate) -> bool:
    return isinstance(certificate.signature_hash_algorithm, hashes.SHA256 | hashes.SHA384 | hashes.SHA512)


def load_key_pair(context: ssl.SSLContext, chain: bytes, key: bytes) -> None:
    """Have a context show a chain, and prove by its key whose it is; raises `KeyPairError`."""
    # OpenSSL takes them from files alone, and the key shall be on no disk.
    with _in_memory(chain) as chain_path, _in_memory(key) as key_path:
        try:
            context.load_cert_chain(chain_path, key_path, password=_no_passphrase)
        except ssl.SSLError as error:
            raise KeyPairError(_in_words(error)) from None


@contextlib.contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """A path by which this process reads the content."""
    if not hasattr(os, "memfd_create"):  # but on Linux: readable for its owner alone, and gone with the context
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            yield file.name
        return
    descriptor = os.memfd_create("key-pair", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, content)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _no_passphrase() -> bytes:
    # Without this OpenSSL asks for one on the terminal, and waits.
    raise KeyPairError(f"{KEY} is protected by a passphrase")


def _in_words(error: ssl.SSLError) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"{KEY} is not the key of {CHAIN}"
    if error.reason in {"EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"}:
        return f"{CHAIN} is too weak: {error.reason}"
    # OpenSSL's own word for it, a constant.
    return f"{CHAIN} and {KEY} can't be used: {error.reason or 'not in PEM form'}"
