"""A manifest is shown without anything that could be a secret."""

from __future__ import annotations

import json

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

import manifests
from postern_console.shown_manifest import NOT_SHOWN, shown_yaml, without_user_info
from postern_core.parse import parse_manifest

KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
PRIVATE = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def shown(manifest):
    """What is shown, read again."""
    parsed = parse_manifest(manifest)
    problems = [*parsed.problems, *manifests.compiled(manifest).problems]
    return yaml.safe_load(shown_yaml(manifest, problems))


def test_a_sound_manifest_is_shown_as_it_is():
    """Nothing is added, and the order is the author's."""
    manifest = manifests.route(methods=["GET"], paths=[{"type": "Exact", "value": "/a"}])
    assert manifest == shown(manifest)
    assert list(manifest) == list(shown(manifest))


def test_a_public_key_is_shown():
    """It is what one wants to compare."""
    manifest = manifests.credential(algorithm="ES256", keys=[{"publicKey": PUBLIC}])
    assert PUBLIC == shown(manifest)["spec"]["keys"][0]["publicKey"]


@pytest.mark.parametrize(
    "spec",
    [
        {"keys": [{"publicKey": "s3cret"}]},
        {"keys": [{"publicKey": PRIVATE + "s3cret"}], "algorithm": "ES256"},
        {"keys": [{"publicKey": json.dumps({"kty": "oct", "k": "s3cret"})}], "algorithm": "ES256"},
        {"keys": [{"publicKey": "s3cret", "other": 1}]},
        {"keys": [{"secret": "s3cret"}]},
        {"keys": [{"secretRef": "s3cret"}]},
        {"keys": [{"secretRef": {"name": "a", "key": "b", "value": "s3cret"}}]},
        {"keys": ["s3cret"]},
        {"keys": "s3cret"},
        {"secret": {"a": ["s3cret"]}},
    ],
)
def test_a_secret_at_a_wrong_place_is_not_shown(spec):
    """Users write one into a credential in many ways, none of which is right."""
    text = json.dumps(shown(manifests.credential(**spec)))
    assert (False, True) == ("s3cret" in text or "PRIVATE" in text, NOT_SHOWN in text)


@pytest.mark.parametrize("field", ["data", "stringData"])
def test_a_field_beside_spec_is_not_shown(field):
    """A Secret whose kind was mistyped is one of ours."""
    text = json.dumps(shown(manifests.consumer() | {field: {"key": "s3cret"}}))
    assert "s3cret" not in text


def test_the_copy_of_an_object_is_not_shown():
    """What kubectl applied last stands in an annotation, where a secret may still be."""
    manifest = manifests.consumer()
    manifest["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "s3cret", "a": "b"}
    assert {"kubectl.kubernetes.io/last-applied-configuration": NOT_SHOWN, "a": "b"} == shown(manifest)["metadata"][
        "annotations"
    ]


@pytest.mark.parametrize(
    "user_info",
    [
        "me:s3cret",
        "s3cret",
        "me:p@s3cret",
        "me:p/s3cret",
        "me:1/s3cret@",
        "me:p?#s3cret",
        "me:p s3cret",
        "me:p//s3cret",
    ],
)
def test_a_password_in_a_url_is_not_shown(user_info):
    """It is refused, and stands in the file all the same, often with characters that should be escaped."""
    manifest = manifests.service(upstream={"url": f"http://{user_info}@app.example.com/"})
    assert "http://...@app.example.com/" == shown(manifest)["spec"]["upstream"]["url"]


@pytest.mark.parametrize("text", ["http://a/@b", "http://a/b@c", "https://[::1]/@", "me@example.com", "a // b"])
def test_what_has_no_user_is_shown_as_it_is(text):
    """An "@" may stand in a path."""
    assert text == without_user_info(text)


def test_each_line_of_a_text_is_looked_at_alone():
    """A long text with many slashes takes no longer than one without."""
    assert "a: http://...@b\nc: d@e" == without_user_info("a: http://me:s3cret@b\nc: d@e")
    slashes = "/" * 1_000_000
    assert slashes == without_user_info(slashes)


@pytest.mark.parametrize("name", ["Authorization", "cookie"])
def test_the_value_of_a_header_that_is_set_and_opens_something_is_not_shown(name):
    """The compiler warns of it, for it is a credential of the application; all others are shown."""
    fields = [{"name": name, "value": "s3cret"}, {"name": "X-Tenant", "value": "blue"}]
    text = json.dumps(shown(manifests.service(requestHeaders={"set": fields})))
    assert (False, True) == ("s3cret" in text, "blue" in text)


def test_the_query_of_a_url_is_not_shown():
    """An identity provider's may have an API key in it; statuses leave it out as well."""
    manifest = manifests.token_issuer(keys={"url": "https://id.example.com/keys?api_key=s3cret"})
    keys = yaml.safe_load(shown_yaml(manifest, []))["spec"]["keys"]
    assert {"url": "https://id.example.com/keys?..."} == keys
