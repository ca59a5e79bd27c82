"""`postern token`, from the folder to the printed token."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import pytest

import manifests
import tokens
from heads import bearer, head
from postern_core.compile import compile_snapshot
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.outcome import Forward
from postern_dataplane.decision.verification_cache import NullCache
from postern_dataplane.jwt.compact import read_token
from postern_dataplane.table.routing_table import build_table
from postern_operator.local.folder_source import FolderSource
from postern_operator.local.generated_secrets import state_folder, with_generated_secrets
from postern_operator.validators import VALIDATORS

ALICE = ("token", "--credential", "alice", "--ttl", "24h")


def is_taken(folder, token):
    """Whether a gateway with this folder lets the token pass."""
    objects = with_generated_secrets(
        FolderSource([folder.path]).read().objects, state_folder([folder.path]), make=False
    )
    table = build_table(compile_snapshot(objects, inspectors=VALIDATORS).snapshot, "")
    return isinstance(decide(head("/v1", bearer(token)), table, NullCache(), time.time()), Forward)


def test_the_token_is_printed_alone(postern, protected):
    """Standard output can be piped, and the gateway takes what comes out."""
    result = postern(*ALICE, protected.path)
    assert (0, "", 1) == (result.exit_code, result.stderr, result.stdout.count("\n"))
    assert is_taken(protected, result.stdout.strip())


def test_claims_and_the_end_are_as_asked_for(postern, protected):
    """Each claim has its type, and a life of a day ends a day after the token was made."""
    result = postern(*ALICE, "--claim", "user=oiloil", "--claim", "age=18", protected.path)
    claims = read_token(result.stdout.strip()).claims
    assert {"key": "alice", "user": "oiloil", "age": 18} == {k: claims[k] for k in claims if k not in ("iat", "exp")}
    assert claims["exp"] - claims["iat"] == 86_400


def test_an_end_may_be_a_date(postern, protected):
    """00:00 UTC of that day."""
    result = postern("token", "--credential", "alice", "--expires", "2099-01-01", protected.path)
    assert read_token(result.stdout.strip()).claims["exp"] == 4_070_908_800


@pytest.mark.parametrize("ends", [(), ("--ttl", "1h", "--expires", "2099-01-01")])
def test_there_is_one_end(postern, protected, ends):
    """None and two are mistakes of usage."""
    result = postern("token", "--credential", "alice", *ends, protected.path)
    assert (2, True) == (result.exit_code, "one of --expires and --ttl" in result.stderr)


def test_a_generated_secret_is_made_and_told_once(postern, protected):
    """The second token is signed with the same secret, without a word."""
    protected.write(manifests.credential(keys=[]), name="all.yaml")
    protected.write(manifests.service(auth={"jwt": {}}), manifests.route(), manifests.consumer(), name="others.yaml")
    first, second = postern(*ALICE, protected.path), postern(*ALICE, protected.path)
    assert "A secret was generated for JWTCredential default/alice" in first.stderr
    assert second.stderr == ""
    assert is_taken(protected, first.stdout.strip())
    assert is_taken(protected, second.stdout.strip())


def test_no_secret_is_made_for_another_credential(postern, protected):
    """A wrong name leaves nothing on disk."""
    protected.write(manifests.credential(keys=[]), manifests.consumer())
    postern("token", "--credential", "bob", "--ttl", "1h", protected.path)
    assert not state_folder([protected.path]).exists()


def test_a_private_key_signs(postern, protected):
    """It is read from the file, and nothing is kept of it."""
    pem = (tokens.KEYS / "ed25519.pub.pem").read_text()
    protected.write(
        manifests.service(auth={"jwt": {}}),
        manifests.route(),
        manifests.consumer(),
        manifests.credential(algorithm="EdDSA", keys=[{"publicKey": pem}]),
    )
    result = postern(*ALICE, "--private-key", tokens.KEYS / "ed25519.pem", protected.path)
    assert is_taken(protected, result.stdout.strip())
    assert ["all.yaml"] == [path.name for path in protected.path.iterdir()]


def test_the_names_that_are_known_are_told(postern, protected):
    """Somebody who mistypes a name sees what there is."""
    result = postern("token", "--credential", "bob", "--ttl", "1h", protected.path)
    assert (1, True) == (result.exit_code, "known are default/alice" in result.stderr)


def test_the_other_namespace_is_told(postern, protected):
    """Somebody who forgets --namespace is reminded."""
    result = postern(*ALICE, "--namespace", "demo", protected.path)
    assert (1, True) == (result.exit_code, "one in namespace default: give --namespace" in result.stderr)


def test_a_credential_that_does_not_serve_says_why(postern, protected):
    """Its problems are those that its status would show."""
    protected.write(manifests.credential(), manifests.secret())
    result = postern(*ALICE, protected.path)
    assert result.exit_code == 1
    assert "JWTCredential default/alice can't be used:\n" in result.stderr
    assert "\n  JWTCredential default/alice: spec.consumerRef: " in result.stderr


def test_a_conflicted_credential_makes_no_token(postern, protected):
    """The gateway would check it with the other credential's secret."""
    keys = [{"secretRef": {"name": "alice", "key": "secret"}}]
    protected.write(manifests.credential("bob", key="alice", keys=keys), name="second.yaml")
    result = postern("token", "--credential", "bob", "--ttl", "1h", protected.path)
    assert (1, True) == (result.exit_code, "has the key 'alice' already" in result.stderr)


def test_a_file_that_can_not_be_read_is_told(postern, protected):
    """What is missing may be in it."""
    protected.write("a: [", name="broken.yaml")
    told = postern(*ALICE, protected.path).stderr
    assert told.startswith("Warning: ")
    assert "broken.yaml:2:1: " in told


def test_a_private_key_that_can_not_be_read_is_told(postern, protected, monkeypatch):
    """As any other file."""
    opened = Path.open
    shut = protected.write("", name="private.pem")

    def refuse(path, *args, **options):
        if path == shut:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    result = postern(*ALICE, "--private-key", shut, protected.path)
    assert (1, f"Error: {shut} can't be read: Permission denied\n") == (result.exit_code, result.stderr)


@pytest.mark.parametrize(("content", "told"), [(b"x" * 70_000, "too large"), (b"", "is not a private key")])
def test_a_file_that_is_no_private_key_is_refused(postern, protected, tmp_path, content, told):
    """Whatever is in it, it is not printed."""
    pem = (tokens.KEYS / "p256.pub.pem").read_text()
    protected.write(manifests.consumer(), manifests.credential(algorithm="ES256", keys=[{"publicKey": pem}]))
    (tmp_path / "private.pem").write_bytes(content)
    result = postern(*ALICE, "--private-key", tmp_path / "private.pem", protected.path)
    assert (1, True) == (result.exit_code, told in result.stderr)


def test_a_token_for_a_cluster_is_signed_with_its_own_secret(postern, serving, protected):
    """Of the context's namespace; no other namespace and no other Secret is asked for."""
    result = postern(*ALICE, "--cluster")
    assert (0, "", True) == (result.exit_code, result.stderr, is_taken(protected, result.stdout.strip()))
    assert [] == [path for path in serving.asked if "/namespaces/default/" not in f"{path}/"]
    assert ["/api/v1/namespaces/default/secrets/alice"] == [path for path in serving.asked if "secrets" in path]


def test_a_secret_of_a_cluster_that_may_not_be_read_is_told(postern, serving):
    """It is not said to be missing."""
    serving.refused["/api/v1/namespaces/default/secrets"] = 403
    result = postern(*ALICE, "--cluster")
    told = "Error: a token can't be made without Secret default/alice (403 Forbidden)\n"
    assert (1, told) == (result.exit_code, result.stderr)


def test_the_names_of_a_cluster_are_told(postern, serving):
    """Of the namespace that was read."""
    result = postern("token", "--credential", "bob", "--ttl", "1h", "--cluster")
    assert (1, True) == (result.exit_code, "known are default/alice" in result.stderr)
