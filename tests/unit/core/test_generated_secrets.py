"""Which secrets are generated."""

import dataclasses
import re

from postern_core.generated_secrets import WantedSecret, generated_manifest, is_generated_for, wanted_secrets
from postern_core.link.references import is_marked_for_keys
from postern_core.parse import parse_manifest
from postern_core.ref import Ref
from postern_core.resources.credential_keys import generated_name

WANTED = WantedSecret(Ref("Secret", "n", "a-jwt"), Ref("JWTCredential", "n", "a"), 32, "u-1")


def credential(uid="", **spec):
    return parse_manifest(
        {
            "apiVersion": "postern.dev/v1alpha1",
            "kind": "JWTCredential",
            "metadata": {"name": "a", "namespace": "n", "uid": uid},
            "spec": {"consumerRef": {"name": "a"}, **spec},
        }
    )


def test_a_credential_without_keys_wants_as_many_bytes_as_its_hash():
    """RFC 7518, section 3.2."""
    wanted = wanted_secrets([credential(algorithm="HS384")])

    assert (WantedSecret(Ref("Secret", "n", "a-jwt"), Ref("JWTCredential", "n", "a"), 48),) == wanted


def test_a_credential_of_an_issuer_wants_no_secret():
    """Its keys are those of the issuer."""
    assert () == wanted_secrets([credential(issuerRef={"name": "idp"})])


def test_the_name_of_a_generated_secret_is_never_longer_than_kubernetes_allows():
    """Generated names beyond what Kubernetes allows are shortened with a hash, so that two long ones stay apart."""
    assert "a" * 249 + "-jwt" == generated_name("a" * 249)
    long = [generated_name("a" * 238 + end) for end in ("b" * 15, "c" * 15, "." + "d" * 14)]
    assert [253, 253, 253] == [len(name) for name in long]
    assert 3 == len(set(long))
    assert all(re.fullmatch("a{238}-[0-9a-f]{10}-jwt", name) for name in long)
    assert re.fullmatch("a{237}-[0-9a-f]{10}-jwt", generated_name("a" * 237 + "." + "d" * 15))


def test_nothing_is_generated_for_public_keys_given_keys_or_broken_credentials():
    """Only where it is asked for and makes sense."""
    keys = [{"secretRef": {"name": "x", "key": "y"}}]

    assert () == wanted_secrets([credential(algorithm="RS256"), credential(keys=keys), credential(algorithm="x")])


def test_a_generated_secret_holds_the_text_as_it_is():
    """Kubernetes writes it in base64 by itself."""
    made = generated_manifest(WANTED, "YWJj")

    assert ("Opaque", {"secret": "YWJj"}) == (made["type"], made["stringData"])


def test_a_generated_secret_is_marked_for_keys():
    """The mark outlives its owner, so that a secretRef may name it later."""
    made = generated_manifest(WANTED, "YWJj")
    without_owner = made | {"metadata": made["metadata"] | {"ownerReferences": []}}

    assert is_marked_for_keys(parse_manifest(without_owner))


def test_a_generated_secret_goes_with_its_credential_and_holds_nothing_up():
    """Kubernetes collects it; the credential's deletion does not wait for it."""
    (owner,) = generated_manifest(WANTED, "")["metadata"]["ownerReferences"]

    assert ("postern.dev/v1alpha1", "JWTCredential", "a", "u-1") == (
        owner["apiVersion"], owner["kind"], owner["name"], owner["uid"],
    )  # fmt: skip
    assert (False, False) == (owner["controller"], owner["blockOwnerDeletion"])


def test_a_secret_is_known_by_the_uid_of_its_credential():
    """A later credential of the same name is another one."""
    for_it = parse_manifest(generated_manifest(WANTED, "YWJj"))
    for_none = parse_manifest(generated_manifest(dataclasses.replace(WANTED, uid="u-0"), "YWJj"))

    assert (True, False) == tuple(is_generated_for(one, credential("u-1")) for one in (for_it, for_none))


def test_a_secret_without_an_owner_was_not_generated():
    """Whatever its name is."""
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a-jwt", "namespace": "n"}}

    assert not is_generated_for(parse_manifest(manifest), credential())
    assert not is_generated_for(parse_manifest(manifest | {"data": 1}), credential())
