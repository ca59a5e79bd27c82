"""Keys, tokens and a certificate for a measurement: made anew for each run, and of nobody."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

ALGORITHMS = ("HS256", "RS256", "ES256", "EdDSA")
# No comma and no space: HAProxy takes it as an argument.
SECRET = "a-secret-for-measurements-only-of-32-bytes-and-more"  # noqa: S105 # of nobody
HOST = "bench.example.com"
CREDENTIAL = "c0"
# Whoever is sent tokens in rotation must have forgotten the first one before it comes again: more than any cache holds.
MANY = 20_000


@dataclass(frozen=True, slots=True)
class Key:
    """What tokens are signed with, and how gateways are told what verifies them."""

    algorithm: str
    private: Any
    # PEM for asymmetric algorithms, the secret itself for HMAC.
    verifying: str
    # Of an identity provider whose key it is; else it is that of the credential.
    issuer: str = ""

    @property
    def is_secret(self) -> bool:
        return self.algorithm.startswith("HS")

    def jwks(self) -> str:
        """The verifying key as a JWK Set (RFC 7517)."""
        if self.is_secret:
            jwk = {"kty": "oct", "k": base64.urlsafe_b64encode(self.verifying.encode()).rstrip(b"=").decode()}
        else:
            implementation = get_default_algorithms()[self.algorithm]
            jwk = implementation.to_jwk(implementation.prepare_key(self.verifying), as_dict=True)
            jwk.pop("key_ops", None)
        return json.dumps({"keys": [{**jwk, "alg": self.algorithm, "kid": "a"}]})

    def token(self, *, expired: bool = False, number: int | None = None, credential: str = CREDENTIAL) -> str:
        """A token of a credential; those with a number differ from each other."""
        end = datetime.now(UTC) + (timedelta(days=-1) if expired else timedelta(days=1))
        # The same for credentials and issuers, so that what differs is not the length of the tokens.
        issuer = self.issuer or f"https://login.{HOST}"
        claims: dict[str, Any] = {"key": credential, "exp": end, "user": "oiloil", "age": 18}
        claims |= {"iss": issuer, "sub": "oiloil", "roles": ["readers"]}
        return jwt.encode(claims if number is None else {**claims, "n": number}, self.private, self.algorithm)

    def tokens(self, count: int) -> Iterator[str]:
        return (self.token(number=number) for number in range(count))

    def garbage(self, count: int) -> Iterator[str]:
        """What looks like tokens and has never been signed."""
        unsigned = self.token().rpartition(".")[0]
        return (f"{unsigned}.{secrets.token_urlsafe(32)}" for _ in range(count))


def make_key(algorithm: str, issuer: str = "") -> Key:
    """A new key pair; for HMAC the one secret."""
    if algorithm.startswith("HS"):
        return Key(algorithm, SECRET, SECRET)
    kinds: dict[str, Callable[[], rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey]] = {
        "RS256": lambda: rsa.generate_private_key(65537, 2048),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
    }
    private = kinds[algorithm]()
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Key(algorithm, private, public.decode(), issuer)


def write_certificate(folder: Path) -> Path:
    """A self-signed certificate for the host, as `tls.crt`, `tls.key` and, as HAProxy wants it, both in `both.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST), x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tls.crt").write_bytes(pem)
    (folder / "tls.key").write_bytes(secret)
    (folder / "both.pem").write_bytes(pem + secret)
    return folder
