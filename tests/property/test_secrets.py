"""What a status says of a Secret follows from what its reader may know, and not from what it holds."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from manifests import compiled, consumer, credential

ALGORITHMS = st.sampled_from(["HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA"])
VALUES = st.binary(max_size=80) | st.sampled_from(
    [b"-----BEGIN PRIVATE KEY-----", b"ssh-rsa AAAA", b'{"kty":"RSA"}', b"YWJj", b"0123456789abcdef" * 4]
)
ENTRIES = st.dictionaries(st.sampled_from(["secret", "tls.crt", "token", "a"]), VALUES, max_size=4)
TYPES_OF_OTHERS = st.sampled_from(
    [
        "kubernetes.io/service-account-token",
        "kubernetes.io/dockerconfigjson",
        "kubernetes.io/dockercfg",
        "kubernetes.io/tls",
        "kubernetes.io/ssh-auth",
        "kubernetes.io/basic-auth",
        "bootstrap.kubernetes.io/token",
        "helm.sh/release.v1",
    ]
) | st.text(min_size=1, max_size=8)
LABELS = st.sampled_from([{}, {"postern.dev/use": "jwt-key"}, {"postern.dev/use": "x"}])
LAX = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "default", "labels": {"postern.dev/unmarked-secrets": "allowed"}},
}


def secret(type_, labels, entries):
    data = {name: base64.b64encode(value).decode() for name, value in entries.items()}
    metadata = {"name": "alice", "namespace": "default", "labels": labels}
    return {"apiVersion": "v1", "kind": "Secret", "type": type_, "metadata": metadata, "data": data}


@st.composite
def unusable(draw):
    """A Secret of another type, whatever its label says, or one without a mark."""
    if draw(st.booleans()):
        return secret(draw(TYPES_OF_OTHERS), draw(LABELS), draw(ENTRIES))
    return secret("Opaque", draw(LABELS.filter(lambda it: it != {"postern.dev/use": "jwt-key"})), draw(ENTRIES))


@st.composite
def referring(draw):
    """A credential that names an entry of it."""
    algorithm, entry = draw(ALGORITHMS), draw(st.sampled_from(["secret", "tls.crt", "token"]))
    encoding = draw(st.sampled_from(["Plain", "Base64"]))
    own = {"secretRef": {"name": "alice", "key": entry, "encoding": encoding}}
    public = {"publicKeyRef": {"kind": "Secret", "name": "alice", "key": entry}}
    keys = [own if algorithm.startswith("HS") else public]
    return credential(algorithm=algorithm, keys=keys, allowWeakKey=draw(st.booleans()))


@given(unusable(), referring())
def test_a_secret_that_is_not_meant_for_keys_is_as_good_as_none(found, credential):
    """A Secret that is not meant for keys makes the same problems and the same snapshot as a missing one."""
    without, with_it = compiled(consumer(), credential), compiled(consumer(), credential, found)
    assert (without.problems, without.snapshot) == (with_it.problems, with_it.snapshot)


@given(TYPES_OF_OTHERS, LABELS, ENTRIES, referring())
def test_no_namespace_makes_a_key_of_another_type(type_, labels, entries, credential):
    """What it allows are Opaque Secrets without a mark."""
    if type_ in ("Opaque", "postern.dev/jwt-key"):
        return
    without = compiled(consumer(), credential, LAX)
    with_it = compiled(consumer(), credential, LAX, secret(type_, labels, entries))
    assert (without.problems, without.snapshot) == (with_it.problems, with_it.snapshot)


@given(ENTRIES, ENTRIES, referring())
def test_of_a_secret_for_keys_the_reason_is_all_that_depends_on_what_it_holds(one, other, credential):
    """Two that fail for the same reason are told in the same words."""
    messages: dict[str, set[str]] = {}
    for entries in (one, other):
        for problem in compiled(consumer(), credential, secret("postern.dev/jwt-key", {}, entries)).problems:
            messages.setdefault(problem.reason.text, set()).add(problem.message)
    assert {1} >= {len(told) for told in messages.values()}
