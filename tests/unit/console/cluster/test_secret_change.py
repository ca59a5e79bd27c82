"""A Secret in a cluster is made, and never changed or shown."""

from __future__ import annotations

import pytest

from answering_api import refused
from postern_console.cluster.secret_change import SecretChange, create_secret
from postern_core.ref import Ref
from postern_operator.errors import LocalError

REF = Ref("Secret", "demo", "bob")
MANIFEST = {"kind": "Secret", "stringData": {"secret": "s3cret"}}


async def test_a_secret_is_created(server):
    """A dry run comes before, and neither is an update."""
    api, client = server
    api.answers = [(201, {})] * 2
    for is_dry in (True, False):
        await create_secret(client, REF, MANIFEST, is_dry=is_dry)
    assert [("POST", "/api/v1/namespaces/demo/secrets", "All"), ("POST", "/api/v1/namespaces/demo/secrets", None)] == [
        (it.method, it.path, it.query.get("dryRun")) for it in api.asked
    ]


@pytest.mark.parametrize(
    ("status", "told"), [(409, "there already"), (403, "you may not create secrets"), (422, "refuses the Secret (422")]
)
async def test_why_a_secret_is_not_created_is_said_without_quoting_it(server, status, told):
    """What the API server says may hold what was sent."""
    api, client = server
    api.answers = [refused(status, "X", "value s3cret is bad")]
    with pytest.raises(LocalError) as caught:
        await create_secret(client, REF, MANIFEST, is_dry=True)
    assert (True, False) == (told in str(caught.value), "s3cret" in str(caught.value))


def test_a_secret_is_in_no_text_of_its_change():
    """What is shown, the digest and a traceback are without the secret."""
    change = SecretChange(old="", new="", ref=REF, manifest=MANIFEST)
    assert ("Secret demo/bob", False, "") == (change.place, "s3cret" in repr(change), change.to_apply)
    assert change.digest == SecretChange(old="", new="", ref=REF, manifest={}).digest
