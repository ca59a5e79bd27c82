"""TokenIssuers in a compilation: whose policies may name them, and what becomes of those that can't be used."""

from __future__ import annotations

import json

import pytest

from postern_core.codec import encode_snapshot
from postern_core.compile import compile_snapshot
from postern_core.link.shares import Share
from postern_core.link.withholding import withhold
from postern_core.parse import parse_manifest
from postern_core.validators import PublicKey, PublicKeys
from postern_operator.validators import VALIDATORS

KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


def of(kind, name, spec, namespace="a", api_version="postern.dev/v1alpha1"):
    """A manifest."""
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, **spec}


def issuer(name="idp", namespace="a", **spec):
    """A TokenIssuer whose callers are anyone."""
    given = {
        "issuer": "https://idp",
        "keys": {"ref": {"name": "jwks", "key": "jwks.json"}},
        "anyAudience": True,
        "callers": {"anyone": {}},
    }
    return of("TokenIssuer", name, {"spec": given | spec}, namespace)


def jwks(namespace="a", **members):
    """A ConfigMap with a set of one key."""
    data = {"jwks.json": json.dumps({"keys": [KEY | {"kid": "one"} | members]})}
    return of("ConfigMap", "jwks", {"data": data}, namespace, "v1")


def service(*issuers, namespace="a", **jwt):
    """A Service whose policy names issuers, with one Route."""
    named = [{"name": name.rpartition("/")[2], "namespace": name.rpartition("/")[0] or namespace} for name in issuers]
    spec = {"upstream": {"url": "http://127.0.0.1"}, "auth": {"jwt": {"tokenIssuers": named} | jwt}}
    route = of("Route", "r", {"spec": {"serviceRef": {"name": "s"}}}, namespace)
    return [of("Service", "s", {"spec": spec}, namespace), route]


def compiled(*manifests, **options):
    """What manifests compile to."""
    return compile_snapshot([parse_manifest(it) for it in manifests], inspectors=VALIDATORS, **options)


def refusals(result):
    """Why routes answer 503."""
    return [route.refusal for route in result.snapshot.routes]


def test_only_an_issuer_that_a_policy_names_is_published():
    """A data plane holds nothing that it does not need."""
    result = compiled(jwks(), issuer(), issuer("other", issuer="https://other"), *service("idp"))
    assert ["TokenIssuer/a/idp"] == [it.id for it in result.snapshot.issuers]


def test_a_snapshot_without_issuers_has_no_section_of_them():
    """Readers of earlier releases go on reading it."""
    encoded = encode_snapshot(compiled(jwks(), issuer(), *service()).snapshot)
    assert b"issuers" not in encoded.index
    assert not [shard for shard in encoded.shards.values() if b"ssuer" in shard.content]


def test_the_section_is_public():
    """It holds public keys, and no Secret is needed for it."""
    encoded = encode_snapshot(compiled(jwks(), issuer(), *service("idp")).snapshot)
    assert [False] == [shard.is_secret for shard in encoded.shards.values() if shard.section == "issuers"]


@pytest.mark.parametrize("allowed", ["Same", ["c"]])
def test_another_namespace_s_issuer_that_allows_nobody_is_as_none(allowed):
    """The words are those for one that does not exist, and the route answers 503."""
    result = compiled(jwks(), issuer(allowedNamespaces=allowed), *service("a/idp", namespace="b"))
    absent = compiled(*service("a/idp", namespace="b"))

    assert refusals(result) == refusals(absent) != [""]
    assert () == result.snapshot.issuers


@pytest.mark.parametrize("allowed", ["All", ["b"]])
def test_another_namespace_s_issuer_serves_where_it_allows_that(allowed):
    """The issuer's owner decides."""
    result = compiled(jwks(), issuer(allowedNamespaces=allowed), *service("a/idp", namespace="b"))
    assert [""] == refusals(result)


def test_two_issuers_with_one_iss_refuse_the_policy():
    """Otherwise iss would name two sets of keys."""
    result = compiled(jwks(), issuer(), issuer("twin"), *service("idp", "twin"))

    assert "has the same issuer as TokenIssuer a/idp" in refusals(result)[0]
    assert () == result.snapshot.issuers


def test_an_issuer_without_keys_refuses_its_own_tokens_alone():
    """The route stays, for the tokens of other issuers."""
    result = compiled(issuer(), *service("idp"))

    assert [""] == refusals(result)
    assert [((), True)] == [(it.keys, bool(it.refusal)) for it in result.snapshot.issuers]


def test_a_private_key_refuses_the_whole_set():
    """It has been disclosed, and the message does not quote it."""
    result = compiled(jwks(d="AAAA"), issuer(), *service("idp"))

    assert result.snapshot.issuers[0].refusal
    assert not any("AAAA" in str(problem) for problem in result.problems)


def test_a_weak_key_does_not_count():
    """An RSA key below 2048 bits is as good as none."""
    weak = VALIDATORS.__class__(
        lambda _: PublicKeys((PublicKey("-", "RSA", 1024, "one"),), is_set=True),
        VALIDATORS.regex_error, VALIDATORS.certificates_error, VALIDATORS.pattern_size, VALIDATORS.can_match_path,
            VALIDATORS.read_certificate,
    )  # fmt: skip
    parsed = [parse_manifest(it) for it in (jwks(), issuer(), *service("idp"))]
    assert compile_snapshot(parsed, inspectors=weak).snapshot.issuers[0].refusal


def test_a_secret_that_is_not_meant_for_keys_is_not_read():
    """The status says no more than of one that does not exist."""
    keys = {"ref": {"kind": "Secret", "name": "jwks", "key": "jwks.json"}}
    secret = of("Secret", "jwks", {"stringData": jwks()["data"]}, "a", "v1")

    assert compiled(secret, issuer(keys=keys), *service("idp")).problems == (
        compiled(issuer(keys=keys), *service("idp")).problems
    )


def test_the_status_has_the_ids_of_the_keys_in_force():
    """A person sees at once whether the provider's new key is there."""
    result = compiled(jwks(), issuer(), *service())
    assert [["one"]] == [facts["keyIDs"] for ref, facts in result.facts.items() if ref.kind == "TokenIssuer"]


def test_an_issuer_beyond_the_share_refuses_its_tokens():
    """One namespace's key sets cost the others nothing."""
    result = compiled(jwks(), issuer(), *service("idp"), share=Share(size_bytes=100))
    assert ["SHARE_EXCEEDED"] == [it.reason.name for it in result.problems if it.ref.kind == "TokenIssuer"]


def test_the_consumer_of_an_issuer_is_published_where_no_policy_admits_its_namespace():
    """A policy that names the issuer takes the issuer's callers, and none of that namespace's credentials."""
    partner = issuer(callers={"consumer": {"name": "p"}}, allowedNamespaces="All")
    others = [of("Consumer", name, {"spec": {}}) for name in ("p", "q")]
    result = compiled(jwks(), partner, *others, *service("a/idp", namespace="b"))

    assert ["Consumer/a/p"] == [it.id for it in result.snapshot.consumers]


def test_an_issuer_that_can_t_be_published_refuses_its_tokens():
    """What stands in its place has its id and its iss, and no key."""
    snapshot = compiled(jwks(), issuer(), *service("idp")).snapshot
    served, missing = withhold(snapshot, {("issuers", "TokenIssuer/a/idp"): [snapshot.issuers[0]]})

    assert [("https://idp", (), "can't be published")] == [(it.issuer, it.keys, it.refusal) for it in served.issuers]
    assert "TokenIssuer/a/idp" in missing
