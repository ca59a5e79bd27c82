"""Which secrets are generated."""

from postern_core.generated import WantedSecret, wanted_secrets
from postern_core.parse import parse_manifest
from postern_core.ref import Ref


def credential(**spec):
    return parse_manifest(
        {
            "apiVersion": "postern.dev/v1alpha1",
            "kind": "JWTCredential",
            "metadata": {"name": "a", "namespace": "n"},
            "spec": {"consumerRef": {"name": "a"}, **spec},
        }
    )


def test_a_credential_without_keys_wants_as_many_bytes_as_its_hash():
    """RFC 7518, section 3.2."""
    wanted = wanted_secrets([credential(algorithm="HS384")])

    assert (WantedSecret(Ref("Secret", "n", "a-jwt"), Ref("JWTCredential", "n", "a"), 48),) == wanted


def test_nothing_is_generated_for_public_keys_given_keys_or_broken_credentials():
    """Only where it is asked for and makes sense."""
    keys = [{"secretRef": {"name": "x", "key": "y"}}]

    assert () == wanted_secrets([credential(algorithm="RS256"), credential(keys=keys), credential(algorithm="x")])
