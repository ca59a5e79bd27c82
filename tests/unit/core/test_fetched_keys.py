"""Fetched keys of token issuers as compiling sees them."""

from postern_core.fetched_keys import fetched_keys, fetched_keys_ref
from postern_core.kinds import KINDS, KUBERNETES_KINDS
from postern_core.ref import Ref

ISSUER = Ref("TokenIssuer", "demo", "keycloak")


def test_the_keys_of_an_issuer_are_found_by_its_namespace_and_name():
    """What fetches and what compiles call them alike."""
    made = fetched_keys(ISSUER, '{"keys": []}', "KeysStale", "why")
    assert fetched_keys_ref(ISSUER) == made.ref
    assert ('{"keys": []}', "KeysStale", "why") == (made.resource.keys, made.resource.reason, made.resource.message)


def test_no_manifest_can_be_taken_for_fetched_keys():
    """Otherwise its author could sign tokens."""
    kind = fetched_keys_ref(ISSUER).kind
    assert kind not in KINDS
    assert kind not in {name for name, _ in KUBERNETES_KINDS.values()}
