"""Forged tokens of each shape that broke other libraries, at the door where tokens come in.

The ideas are those of Wycheproof's tests for JWS, JWK and signatures; all tokens are made here.
"""

from __future__ import annotations

import base64
import json

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import tokens
from heads import NOW_S
from postern_core.snapshot import Consumer, Credential, Key, Policy
from postern_dataplane.decision.authenticate import verify
from postern_dataplane.decision.verdict import Verified
from postern_dataplane.table.compiled import CompiledPolicy
from postern_dataplane.table.compiled_credential import CompiledCredential

ALICE = Consumer(id="Consumer/n/alice", namespace="n", name="alice")
PLAIN = CompiledPolicy(Policy(id="Route/n/r", namespace="n", namespaces=None, places=()), {})
SECRET = b"0123456789abcdef0123456789abcdef" * 2
CLAIMS = {"key": "alice"}
N256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def pem(name):
    return (tokens.KEYS / f"{name}.pub.pem").read_text()


def door(text, algorithm, *materials, ids=(None,)):
    """The reason of the refusal, or whose token it is."""
    keys = tuple(Key(material=material, id=id_) for material, id_ in zip(materials, ids * len(materials), strict=False))
    entry = Credential(
        id="JWTCredential/n/alice", namespace="n", name="alice", created="", consumer=ALICE.id, key="alice",
        algorithm=algorithm, keys=keys,
    )  # fmt: skip
    found = verify(text, PLAIN, {"alice": (CompiledCredential(entry, ALICE),)}, NOW_S)
    return found.identity.consumer if isinstance(found, Verified) else found.reason


def unsigned(algorithm, header=None, claims=CLAIMS):
    parts = {"alg": algorithm} | (header or {}), claims
    return ".".join(tokens.encode(json.dumps(part).encode()) for part in parts)


def token(algorithm, sign, header=None):
    head = unsigned(algorithm, header)
    return f"{head}.{tokens.encode(sign(head.encode()))}"


def good(algorithm, key):
    return lambda message: tokens.ALGORITHMS[algorithm].sign(message, key)


HMAC = base64.b64encode(SECRET).decode()
SIGNERS = {
    "HS256": (HMAC, SECRET),
    "RS256": (pem("rsa3072"), tokens.private_key("rsa3072")),
    "PS256": (pem("rsa3072"), tokens.private_key("rsa3072")),
    "ES256": (pem("p256"), tokens.private_key("p256")),
    "ES512": (pem("p521"), tokens.private_key("p521")),
    "EdDSA": (pem("ed25519"), tokens.private_key("ed25519")),
    "Ed448": (pem("ed448"), tokens.private_key("ed448")),
}
BENT = {
    "empty": lambda signature: b"",
    "one byte short": lambda signature: signature[:-1],
    "one byte long": lambda signature: signature + b"\0",
    "a zero in front": lambda signature: b"\0" + signature,
    "half": lambda signature: signature[: len(signature) // 2],
    "twice": lambda signature: signature * 2,
    "reversed": lambda signature: signature[::-1],
    "first bit": lambda signature: bytes([signature[0] ^ 0x80]) + signature[1:],
    "last bit": lambda signature: signature[:-1] + bytes([signature[-1] ^ 1]),
    "zeros": lambda signature: bytes(len(signature)),
    "ones": lambda signature: b"\xff" * len(signature),
    "text of it": base64.urlsafe_b64encode,
}


@pytest.mark.parametrize("algorithm", SIGNERS)
@pytest.mark.parametrize("bent", BENT)
def test_a_signature_that_is_bent_is_bad(algorithm, bent):
    """Every algorithm, every shape; the straight one is good."""
    material, key = SIGNERS[algorithm]
    assert "alice" == door(token(algorithm, good(algorithm, key)), algorithm, material)
    forged = token(algorithm, lambda message: BENT[bent](good(algorithm, key)(message)))
    assert "bad_signature" == door(forged, algorithm, material)


@pytest.mark.parametrize("length", range(0, 32, 4))
def test_a_truncated_hmac_is_bad(length):
    """A shorter tag would be guessed."""
    forged = token("HS256", lambda message: good("HS256", SECRET)(message)[:length])
    assert "bad_signature" == door(forged, "HS256", HMAC)


EDGES = [0, 1, N256 - 1, N256, N256 + 1, (1 << 256) - 1]


@pytest.mark.parametrize("r", EDGES)
@pytest.mark.parametrize("s", EDGES)
def test_the_edges_of_ecdsa_are_bad(r, s):
    """CVE-2022-21449: r = s = 0 was good for any message."""
    forged = token("ES256", lambda _: r.to_bytes(32) + s.to_bytes(32))
    assert "bad_signature" == door(forged, "ES256", pem("p256"))


def test_ecdsa_in_der_is_bad():
    """RFC 7518, section 3.4: two numbers side by side."""
    forged = token("ES256", lambda message: tokens.private_key("p256").sign(message, ec.ECDSA(hashes.SHA256())))
    assert "bad_signature" == door(forged, "ES256", pem("p256"))


def test_ecdsa_is_malleable_and_nothing_is_remembered_by_a_signature():
    """RFC 7518 asks for no low s, so -s is good too; revocation goes by `jti`, and the cache by the whole token."""
    head = unsigned("ES256").encode()
    r, s = utils.decode_dss_signature(tokens.private_key("p256").sign(head, ec.ECDSA(hashes.SHA256())))
    for other in (s, N256 - s):
        text = f"{head.decode()}.{tokens.encode(r.to_bytes(32) + other.to_bytes(32))}"
        assert "alice" == door(text, "ES256", pem("p256"))


@pytest.mark.parametrize(
    ("algorithm", "scheme", "hash_"),
    [
        ("RS256", padding.PKCS1v15(), hashes.SHA1()),
        ("RS256", padding.PKCS1v15(), hashes.SHA384()),
        ("RS256", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
        ("PS256", padding.PKCS1v15(), hashes.SHA256()),
        ("PS256", padding.PSS(padding.MGF1(hashes.SHA256()), 0), hashes.SHA256()),
        ("PS256", padding.PSS(padding.MGF1(hashes.SHA256()), 31), hashes.SHA256()),
        ("PS256", padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH), hashes.SHA256()),
        ("PS256", padding.PSS(padding.MGF1(hashes.SHA1()), 32), hashes.SHA256()),
        ("PS256", padding.PSS(padding.MGF1(hashes.SHA512()), 32), hashes.SHA512()),
    ],
)
def test_rsa_of_another_padding_or_hash_is_bad(algorithm, scheme, hash_):
    """RFC 7518, section 3.5: the salt is as long as the hash, and MGF1 uses the same one."""
    forged = token(algorithm, lambda message: tokens.private_key("rsa3072").sign(message, scheme, hash_))
    assert "bad_signature" == door(forged, algorithm, pem("rsa3072"))


def encoded_message(length, message, filler):
    """EMSA-PKCS1-v1_5 with this between the two markers and behind the digest (RFC 8017, section 9.2)."""
    info = bytes.fromhex("3031300d060960864801650304020105000420")
    digest = hashes.Hash(hashes.SHA256())
    digest.update(message)
    return filler(length, info + digest.finalize())


PADDINGS = {
    "as it must be": lambda length, info: b"\0\1" + b"\xff" * (length - len(info) - 3) + b"\0" + info,
    "too short": lambda length, info: b"\0\1" + b"\xff" * 8 + b"\0" + info + bytes(length - len(info) - 11),
    "for encryption": lambda length, info: b"\0\2" + b"\xff" * (length - len(info) - 3) + b"\0" + info,
    "of zeros": lambda length, info: b"\0\0" + bytes(length - len(info) - 3) + b"\0" + info,
    "with one other byte": lambda length, info: (
        b"\0\1\xfe" + b"\xff" * (length - len(info) - 4) + b"\0" + info
    ),
    "without the hash's name": lambda length, info: b"\0\1" + b"\xff" * (length - 35) + b"\0" + info[-32:],
    "without NULL": lambda length, info: (
        b"\0\1" + b"\xff" * (length - 52) + b"\0" + bytes.fromhex("302f300b0609608648016503040201") + info[-34:]
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", PADDINGS)
def test_only_one_padding_of_pkcs1_is_good(shape):
    """Bleichenbacher's forgery of 2006 and its kin need a reader that is lenient about it."""
    numbers = tokens.private_key("rsa3072").private_numbers()
    modulus, length = numbers.public_numbers.n, numbers.public_numbers.n.bit_length() // 8

    def sign(message):
        block = encoded_message(length, message, PADDINGS[shape])
        return pow(int.from_bytes(block), numbers.d, modulus).to_bytes(length)

    expected = "alice" if shape == "as it must be" else "bad_signature"
    assert expected == door(token("RS256", sign), "RS256", pem("rsa3072"))


def test_a_signature_beyond_the_modulus_is_bad():
    """RFC 8017, section 5.2.2: it must lie below n, although s + n has the same remainder."""
    key = rsa.generate_private_key(65537, 2048)
    modulus = key.public_key().public_numbers().n
    material = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    forged = token("RS256", lambda message: (int.from_bytes(good("RS256", key)(message)) + modulus).to_bytes(257))
    assert "bad_signature" == door(forged, "RS256", material)


@pytest.mark.parametrize("algorithm", ["HS256", "none", "", "ES256", "RS384", "PS256", "rs256", "RS256 ", "Ed25519"])
def test_the_algorithm_is_not_the_token_s_choice(algorithm):
    """A token can't choose its algorithm: no public key as an HMAC secret, no `none`, no other of the key's."""
    for secret in (pem("rsa3072"), pem("rsa3072").strip(), ""):
        forged = token(algorithm, lambda message, secret=secret: good("HS256", secret.encode())(message))
        assert "algorithm_mismatch" == door(forged, "RS256", pem("rsa3072"))


@pytest.mark.parametrize(
    ("algorithm", "signer"),
    [("ES256", "p256-other"), ("ES512", "p256"), ("EdDSA", "ed448"), ("Ed25519", "ed448"), ("RS256", "rsa1024")],
)
def test_a_signature_of_another_key_or_curve_is_bad(algorithm, signer):
    """Whatever the header says of it."""
    names = {"ES256": "p256", "ES512": "p521", "EdDSA": "ed25519", "Ed25519": "ed25519", "RS256": "rsa3072"}
    forged = token(algorithm, good(algorithm, tokens.private_key(signer)))
    assert "bad_signature" == door(forged, algorithm, pem(names[algorithm]))


HINTS = ["jwk", "jku", "x5c", "x5u", "x5t", "x5t#S256"]


@pytest.mark.parametrize("hint", HINTS)
def test_a_key_that_the_token_brings_along_is_not_looked_at(hint):
    """CVE-2018-0114: a token was good by the key in its own header."""
    attacker = ec.generate_private_key(ec.SECP256R1())
    jwk = tokens.ALGORITHMS["ES256"].to_jwk(attacker.public_key(), as_dict=True)
    forged = token("ES256", good("ES256", attacker), {hint: jwk})
    assert "bad_signature" == door(forged, "ES256", pem("p256"))
    honest = token("ES256", good("ES256", tokens.private_key("p256")), {hint: jwk})
    assert "alice" == door(honest, "ES256", pem("p256"))


@pytest.mark.parametrize("header", [{"crit": ["b64"], "b64": False}, {"crit": ["exp"], "exp": 1}, {"crit": []}])
def test_an_extension_that_is_critical_is_refused(header):
    """RFC 7797's unencoded payload among them."""
    assert "unsupported_crit" == door(token("HS256", good("HS256", SECRET), header), "HS256", HMAC)


def test_an_unencoded_payload_is_another_token():
    """With b64 false and no crit the payload is base64url all the same."""
    head = tokens.encode(b'{"alg":"HS256","b64":false}')
    raw = f"{head}.{json.dumps(CLAIMS)}"
    text = f"{raw}.{tokens.encode(good('HS256', SECRET)(raw.encode()))}"
    assert "malformed_token" == door(text, "HS256", HMAC)


@pytest.mark.parametrize("serialise", [
    lambda head, payload, signature: json.dumps({"protected": head, "payload": payload, "signature": signature}),
    lambda head, payload, signature: json.dumps(
        {"payload": payload, "signatures": [{"protected": head, "signature": signature}]}
    ),
    lambda head, payload, signature: f"{head}..{signature}",
    lambda head, payload, signature: f"{head}.{payload}.{signature}.{signature}",
    lambda head, payload, signature: f"{head}.{payload}.{signature}.AAAA.AAAA",
    lambda head, payload, signature: f"{head}.{payload}={'='}.{signature}",
    lambda head, payload, signature: f"{head}.{payload}.{signature}=",
    lambda head, payload, signature: f"{head}.{payload}\n.{signature}",
])  # fmt: skip
def test_only_the_compact_serialisation_is_a_token(serialise):
    """JSON, a detached payload, JWE's five parts, padding and white space are none (RFC 7519, section 1)."""
    parts = token("HS256", good("HS256", SECRET)).split(".")
    assert "malformed_token" == door(serialise(*parts), "HS256", HMAC)


@pytest.mark.parametrize("kid", ["", "other", "../../etc/passwd", "' OR 1=1 --", "k" * 10_000, "\0"])
def test_a_kid_chooses_among_the_credential_s_own_keys_alone(kid):
    """It is compared, never followed."""
    text = token("HS256", good("HS256", SECRET), {"kid": kid})
    assert "unknown_kid" == door(text, "HS256", HMAC, ids=("mine",))


@pytest.mark.parametrize("material", ["", "AAAA", base64.b64encode(b"").decode()])
def test_a_weak_or_empty_secret_does_not_open_by_an_empty_one(material):
    """An empty secret is none, and HMAC pads a key with zeros, so that one of zeros is the empty one."""
    assert "bad_signature" == door(token("HS256", good("HS256", b"")), "HS256", material)


def test_two_members_of_one_name_are_no_header():
    """What another reader takes for the algorithm must not differ."""
    head = tokens.encode(b'{"alg":"none","alg":"HS256"}')
    raw = f"{head}.{tokens.encode(json.dumps(CLAIMS).encode())}"
    text = f"{raw}.{tokens.encode(good('HS256', SECRET)(raw.encode()))}"
    assert "malformed_token" == door(text, "HS256", HMAC)


def test_a_signature_covers_the_spelling_of_the_payload():
    """Equal claims in another spelling are another token."""
    text = token("HS256", good("HS256", SECRET))
    head, _, signature = text.split(".")
    respelled = tokens.encode(msgspec.json.encode(CLAIMS))
    assert "bad_signature" == door(f"{head}.{respelled}.{signature}", "HS256", HMAC)
