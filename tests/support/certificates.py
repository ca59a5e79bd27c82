"""Certificates for tests, made when they are needed: a CA, and servers' certificates of it."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Pair:
    """A certificate and its key in PEM, and the serial number by which it is known again."""

    chain: bytes
    key: bytes
    serial: int


class Authority:
    """A CA of a test's own."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(
            False, False, False, False, False,
            key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        self._certificate = (
            self._builder(self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(Encoding.PEM).decode()

    def issue(
        self,
        *names: str,
        ended: bool = False,
        begins: datetime = BEGAN,
        key: Key | None = None,
        extensions: Iterable[x509.ExtensionType] = (),
        subject: x509.Name | None = None,
    ) -> Pair:
        """A server's certificate for these names and addresses."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = self._builder(subject, key, ended=ended, begins=begins)
        if names:
            alternatives = x509.SubjectAlternativeName([_alternative(name) for name in names])
            builder = builder.add_extension(alternatives, critical=False)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        certificate = builder.add_extension(identifier, critical=False).sign(self._key, hashes.SHA256())
        return Pair(
            certificate.public_bytes(Encoding.PEM),
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            certificate.serial_number,
        )

    def server_context(self, folder: Path, *names: str, ended: bool = False) -> ssl.SSLContext:
        """A server's context with a certificate for these names and addresses; the key goes into the folder."""
        pair = self.issue(*names, ended=ended)
        chain = folder / "chain.pem"
        chain.write_bytes(pair.chain + pair.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    def client_context(self) -> ssl.SSLContext:
        """A client's context that trusts nobody else."""
        return ssl.create_default_context(cadata=self.pem)

    def _builder(
        self, subject: x509.Name, key: Key, *, ended: bool = False, begins: datetime = BEGAN
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + timedelta(days=1 if ended else 36_500))
        )


def odd_certificates(authority: Authority) -> dict[str, Pair]:
    """Pairs of which a library that reads X.509 raises errors of many types, by what is odd about them."""
    oids = [x509.UnrecognizedExtension(x509.ObjectIdentifier(f"1.2.3.{last}"), b"\x05\x00") for last in (4, 5)]
    plain, twice = authority.issue("a.test"), authority.issue("a.test", extensions=oids)
    # RFC 5280, section 4.2.1.6: an x400Address, which is no name of a host.
    x400 = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), bytes.fromhex("3006a3040c027878"))
    return {
        "a version that there is not": _replaced(plain, bytes.fromhex("a003020102"), bytes.fromhex("a003020104")),
        "an extension twice": _replaced(twice, bytes.fromhex("06032a0305"), bytes.fromhex("06032a0304")),
        "a name of an odd type": authority.issue(extensions=[x400]),
        "a time that there is not": _replaced(plain, b"260101000000Z", b"261301000000Z"),
    }


def _replaced(pair: Pair, old: bytes, new: bytes) -> Pair:
    der = ssl.PEM_cert_to_DER_cert(pair.chain.decode())
    assert old in der, "nothing to replace"
    return Pair(ssl.DER_cert_to_PEM_cert(der.replace(old, new)).encode(), pair.key, 0)


def tls_secret(
    pair: Pair, name: str = "app-tls", namespace: str = "default", type_: str = "kubernetes.io/tls"
) -> dict[str, Any]:
    """A Secret as cert-manager writes it."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": type_,
        "stringData": {"tls.crt": pair.chain.decode(), "tls.key": pair.key.decode()},
    }


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
