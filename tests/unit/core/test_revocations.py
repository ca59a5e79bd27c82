"""Lists of revoked ids that another object holds."""

import base64

import pytest

from manifests import compiled, consumer, credential, route, secret, service
from postern_core.revocation import is_among, unpacked

OPEN = [service(auth={"jwt": {}}), route(), consumer(), secret()]
LISTED = credential(revoked={"jtisFrom": {"name": "revoked", "key": "jtis"}})


def config_map(data="stolen\n", key="jtis", **more):
    metadata = {"name": "revoked", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {key: data}, **more}


def digests(*manifests):
    [entry] = compiled(*OPEN, *manifests).snapshot.credentials
    return unpacked(entry.revoked_digests)


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb\r\n", "\n\na\n\nb \n", "\ufeffa\nb", "  a\nb"])
def test_each_line_is_an_id(text):
    """However lines end, and whatever spaces surround an id."""
    found = digests(LISTED, config_map(text))

    assert [True, True, False, False] == [is_among(jti, found) for jti in ("a", "b", "", "ab")]


def test_an_id_with_spaces_at_its_ends_is_revoked_as_it_is():
    """A line means the id with its spaces as well as the id without."""
    found = digests(LISTED, config_map(" a "))

    assert [True, True] == [is_among(jti, found) for jti in ("a", " a ")]


def test_a_secret_may_hold_the_list():
    """For ids that not everybody who reads ConfigMaps may know."""
    listed = credential(revoked={"jtisFrom": {"kind": "Secret", "name": "revoked", "key": "secret"}})

    assert is_among("stolen", digests(listed, secret("revoked", value="stolen")))


@pytest.mark.parametrize("unfit", [{"type": "Opaque"}, {"type": "kubernetes.io/tls"}, {"type": "Opaque", "data": None}])
def test_a_secret_that_is_not_meant_for_it_counts_as_missing(unfit):
    """Nothing of what another program's Secret holds shows in a status."""
    listed = credential(revoked={"jtisFrom": {"kind": "Secret", "name": "revoked", "key": "secret"}})
    problems = [compiled(*OPEN, listed, *others).problems for others in ([], [secret("revoked") | unfit])]

    assert problems[0] == problems[1]
    assert "SecretNotFound" == problems[0][0].reason.text


def test_ten_thousand_ids_fit():
    """In one list, with the keys beside it."""
    found = digests(LISTED, config_map("\n".join(f"{number:036}" for number in range(10_000))))

    assert [True, False] == [is_among(f"{number:036}", found) for number in (9_999, 10_000)]


BINARY = base64.b64encode(b"\xff").decode()


@pytest.mark.parametrize(
    ("present", "reason"),
    [
        ([], "SecretNotFound"),
        ([config_map(key="other")], "SecretKeyMissing"),
        ([config_map(key="other", binaryData={"jtis": BINARY})], "InvalidKeyMaterial"),
        ([config_map("\n".join(map(str, range(10_001))))], "TooLarge"),
    ],
)
def test_a_list_that_can_t_be_read_refuses_the_credential(present, reason):
    """Whoever deletes a list must not bring revoked tokens back."""
    found = compiled(*OPEN, LISTED, *present)

    assert () == found.snapshot.credentials
    assert [(reason, "spec.revoked.jtisFrom")] == [(it.reason.text, it.field) for it in found.problems]
