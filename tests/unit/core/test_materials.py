"""The material of one key, and what is said where there is none."""

import base64

import pytest

from manifests import SECRET, compiled, consumer, credential, route, secret, service
from postern_core.link.materials import white_space_around
from postern_core.link.references import no_secret_for_keys
from postern_core.ref import Ref

NO_SECRET = no_secret_for_keys(Ref("Secret", "default", "alice")).message


def told(*holders, **spec):
    """The one message about the key."""
    (problem,) = compiled(consumer(), credential(**spec), *holders).problems
    return problem.message


def opaque(value):
    return secret(value=value) | {"type": "Opaque"}


@pytest.mark.parametrize("value", ["short", "", "-----BEGIN PRIVATE KEY-----", SECRET])
def test_nothing_is_told_of_an_unmarked_secret(value):
    """It looks like one that does not exist."""
    assert NO_SECRET == told(opaque(value)) == told()


@pytest.mark.parametrize("value", ["short", "", "-----BEGIN PRIVATE KEY-----"])
def test_where_unmarked_ones_are_allowed_only_whether_it_serves_is_told(value):
    """A refused unmarked Secret's message discloses neither its length nor its kind."""
    labels = {"postern.dev/unmarked-secrets": "allowed"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": labels}}

    assert NO_SECRET == told(opaque(value), namespace)
    assert "used without a label" in told(opaque(SECRET), namespace) == told(opaque(f"{SECRET}\n"), namespace)


def test_how_long_a_secret_is_is_not_told():
    """Only how long it must be."""
    assert told(secret(value="short")) == told(secret(value="x" * 31))
    assert "HS256 needs 32 bytes or more" in told(secret(value="short"))


@pytest.mark.parametrize("value", ["%%%", "", base64.b64encode(b"ssh-rsa AAAA").decode()])
def test_what_a_secret_is_instead_of_a_key_is_not_told(value):
    """No base64, empty, or an asymmetric key: it is one message."""
    keys = [{"secretRef": {"name": "alice", "key": "secret", "encoding": "Base64"}}]

    assert told(secret(value="%%"), keys=keys) == told(secret(value=value), keys=keys)


def test_a_public_key_in_a_secret_needs_a_mark_as_well():
    """A Secret with a public key needs the label too, or its entries could be probed one by one."""
    keys = [{"publicKeyRef": {"kind": "Secret", "name": "alice", "key": "secret"}}]
    tls = secret(value="-----BEGIN CERTIFICATE-----") | {"type": "kubernetes.io/tls"}

    assert NO_SECRET == told(tls, keys=keys, algorithm="RS256")


def entry(encoding):
    return [{"secretRef": {"name": "alice", "key": "secret", "encoding": encoding}}]


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (f"{SECRET}\n", "ends in a line feed"),
        (f"{SECRET}\r\n", "ends in a line feed"),
        (f"{SECRET} ", "begins or ends with white space"),
        (f"\t{SECRET}", "begins or ends with white space"),
    ],
)
def test_a_secret_that_ends_in_a_line_feed_warns(value, word):
    """It serves as it is: to trim it would refuse the tokens of those who sign with all of it."""
    app = (service(auth={"jwt": {}}), route(), consumer())
    for keys, stored in (
        (entry("Plain"), value),
        (entry("Base64"), base64.b64encode(value.encode()).decode()),
    ):
        found = compiled(*app, credential(keys=keys), secret(value=stored))
        (problem,) = found.problems
        assert (True, True) == (problem.is_warning, word in problem.message)
        assert value.encode() == base64.b64decode(found.snapshot.credentials[0].keys[0].material)


@pytest.mark.parametrize("secret_bytes", [bytes(range(0x80, 0xA0)) + b"\n", b"\n" * 32, b" \0" * 16])
def test_random_bytes_end_in_whatever_they_end_in(secret_bytes):
    """One in two hundred ends in a white space, and nothing is meant by it."""
    assert "" == white_space_around(secret_bytes)


@pytest.mark.parametrize("text", ["-_-_" * 11, "+/+/" * 11, "+_+_" * 11, "ABCD\n" * 11, "ABCD" * 11 + "AB", "ABC="])
def test_base64_with_base64url_or_unpadded_text_is_taken(text):
    """`encoding: Base64` never leaves the choice between a refusal and a wrong key."""
    found = compiled(consumer(), credential(keys=entry("Base64"), allowWeakKey=True), secret(value=text))
    assert () == found.problems


@pytest.mark.parametrize("text", ["A", "AAAAA", "AA=A", "AA!A", "\u00e9\u00e9", "AAAA.AAAA"])
def test_what_is_no_base64_at_all_is_no_key(text):
    """Text with characters of no base64 alphabet, or of an impossible length, is no key."""
    found = compiled(consumer(), credential(keys=entry("Base64"), allowWeakKey=True), secret(value=text))
    assert ["InvalidKeyMaterial"] == [problem.reason.text for problem in found.problems]


def test_the_text_of_a_jwk_is_no_secret():
    """Its issuer signs with the key within, so no token would ever verify."""
    assert "a JWK" in told(secret(value='{"kty": "oct", "k": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}'))


@pytest.mark.parametrize("size", [1, 32, 64])
def test_a_secret_of_zeros_is_the_empty_one(size):
    """HMAC pads a key with zeros (RFC 2104, section 2), so what anybody signs with no key at all would verify."""
    zeros = base64.b64encode(bytes(size)).decode()
    found = compiled(consumer(), credential(keys=entry("Base64"), allowWeakKey=True), secret(value=zeros))
    assert ["InvalidKeyMaterial"] == [problem.reason.text for problem in found.problems]
