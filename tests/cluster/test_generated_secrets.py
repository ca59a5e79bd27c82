"""The Secret of a credential that names no key: made once, kept, and gone with its credential."""

from __future__ import annotations

import base64
import json

import pytest

from manifests import compiled, consumer, credential, secret
from operator_account import operator_client
from postern_core.parse import parse_manifest
from postern_core.ref import Ref
from postern_core.resources.credential_keys import facts_of
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.secret_generation import generate_missing

KINDS = "consumers.postern.dev,jwtcredentials.postern.dev,secrets"


@pytest.fixture
async def writer(kubectl, crds, namespace, tmp_path):
    async with operator_client(kubectl, namespace, tmp_path) as client:
        yield Writer(client)


@pytest.fixture
def manifests(kubectl, namespace):
    """`manifests()`: everything in the namespace that is compiled, as the server has it."""

    def manifests():
        listed = kubectl("get", KINDS, f"--namespace={namespace}", "--output=json", check=True)
        return json.loads(listed.stdout)["items"]

    return manifests


@pytest.fixture
def keyless(kubectl, namespace):
    """A credential without keys, and its consumer."""

    def apply(**spec):
        done = kubectl.apply(consumer(namespace=namespace), credential(namespace=namespace, keys=[], **spec))
        assert done.returncode == 0, done.stderr

    apply()
    return apply


async def generate(writer, manifests):
    return await generate_missing([parse_manifest(one) for one in manifests()], writer)


async def test_it_is_made_once_and_known(writer, manifests, kubectl, namespace, keyless):
    """Text of random bytes, in base64 twice on the wire; the compiler takes it for the credential's own."""
    generated = await generate(writer, manifests)
    again = await generate(writer, manifests)
    made = kubectl.get("secret", "alice-jwt", namespace)

    assert ((Ref("Secret", namespace, "alice-jwt"),), ()) == (generated.made, again.made)
    assert 32 == len(base64.b64decode(base64.b64decode(made["data"]["secret"]), validate=True))
    labels = {"app.kubernetes.io/managed-by": "postern", "postern.dev/use": "jwt-key"}
    assert ("Opaque", labels) == (made["type"], made["metadata"]["labels"])
    assert () == compiled(*manifests()).problems


async def test_it_is_never_overwritten(writer, keyless, manifests, kubectl, namespace):
    """A generated Secret is never overwritten, even by an operator that doesn't know of it yet."""
    await generate(writer, manifests)
    before = kubectl.get("secret", "alice-jwt", namespace)
    without = [parse_manifest(one) for one in manifests() if one["kind"] != "Secret"]

    assert ((), ()) == ((generated := await generate_missing(without, writer)).made, generated.errors)
    assert before == kubectl.get("secret", "alice-jwt", namespace)


async def test_a_deleted_one_is_made_anew(writer, keyless, manifests, kubectl, namespace):
    """With other bytes: somebody who deletes it wants the old tokens to end."""
    await generate(writer, manifests)
    before = kubectl.get("secret", "alice-jwt", namespace)["data"]
    kubectl("delete", "secret", "alice-jwt", f"--namespace={namespace}", check=True)
    await generate(writer, manifests)

    assert before != kubectl.get("secret", "alice-jwt", namespace)["data"]


async def test_one_that_somebody_else_made_is_refused(writer, keyless, manifests, kubectl, namespace):
    """It stays as it is, and is not used."""
    kubectl.apply(secret("alice-jwt", namespace))
    before = kubectl.get("secret", "alice-jwt", namespace)
    await generate(writer, manifests)
    (problem,) = compiled(*manifests()).problems

    assert ("Conflicted", "JWTCredential") == (problem.reason.text, problem.ref.kind)
    assert before == kubectl.get("secret", "alice-jwt", namespace)


async def test_it_goes_with_its_credential(writer, keyless, manifests, kubectl, namespace):
    """Kubernetes collects it."""
    await generate(writer, manifests)
    kubectl("delete", "jwtcredentials.postern.dev", "alice", f"--namespace={namespace}", check=True)
    kubectl.until_gone("secret", "alice-jwt", namespace=namespace)


async def test_that_of_an_earlier_credential_is_not_taken_over(writer, keyless, manifests, kubectl, namespace):
    """Its owner is another object, though of the same name."""
    await generate(writer, manifests)
    owned = kubectl.get("secret", "alice-jwt", namespace)
    kubectl("delete", "jwtcredentials.postern.dev", "alice", f"--namespace={namespace}", check=True)
    keyless(algorithm="HS256")
    left_behind = [*(one for one in manifests() if one["kind"] != "Secret"), owned]

    assert ["Conflicted"] == [problem.reason.text for problem in compiled(*left_behind).problems]


async def test_a_credential_with_the_longest_name_gets_one(writer, manifests, kubectl, namespace):
    """Generated names beyond what Kubernetes allows: it is shortened with a hash, and the status names it."""
    name = "a" * 253
    done = kubectl.apply(consumer(namespace=namespace), credential(name, namespace, keys=[]))
    assert done.returncode == 0, done.stderr
    (made,) = (await generate(writer, manifests)).made
    (problem,) = [*compiled(*manifests()).problems, None]
    assert problem is None

    own = kubectl.get("jwtcredentials.postern.dev", name, namespace)
    parsed = parse_manifest(own)
    status = {"status": facts_of(parsed.ref, parsed.resource.spec) | {"observedGeneration": 1}}
    patched = kubectl(
        "patch", "jwtcredentials.postern.dev", name, f"-n{namespace}",
        "--subresource=status", "--type=merge", "-p", json.dumps(status),
    )  # fmt: skip
    assert patched.returncode == 0, patched.stderr
    assert made.name == kubectl.get("jwtcredentials.postern.dev", name, namespace)["status"]["generatedSecretName"]
