"""What is too large is refused alone, and says so."""

import pytest

from manifests import compiled, consumer, credential, mistakes, reasons, route, secret, service
from postern_core.codec import SHARD_BYTES_MAX, encode_snapshot
from postern_core.compile import compile_identities
from postern_core.link.sizes import ENTRY_BYTES_MAX, PLACE_BYTES_MAX, shortened, size_of
from postern_core.parse import parse_manifest
from postern_operator.validators import VALIDATORS

JWT = {"jwt": {}}
OPEN = [service(auth=JWT), route(), consumer()]
FOUR_BYTES = "\U0001f600"


def long_header(number):
    return f"x-{number:03}-" + "a" * 100


def test_two_of_the_largest_entries_fit_into_a_shard():
    """Two of the largest entries fit into a shard, or a full bucket would have many nearly empty ones."""
    assert 2 * ENTRY_BYTES_MAX < SHARD_BYTES_MAX
    assert PLACE_BYTES_MAX < SHARD_BYTES_MAX


def test_a_credential_with_the_longest_ids_is_refused_alone():
    """A thousand ids of a thousand characters are 1 MiB, or 4, and made every publication fail."""
    other = [consumer("bob"), credential("bob", consumerRef={"name": "bob"})]
    revoked = {"jtis": [f"{number:04}" + "x" * 1020 for number in range(1024)]}
    found = compiled(*OPEN, *other, secret(), credential(revoked=revoked))

    assert ["JWTCredential/default/bob"] == [entry.id for entry in found.snapshot.credentials]
    assert "have 1,048,576 bytes together, more than 65,536" in found.problems[0].message


def test_a_secret_of_200_kilobytes_is_no_key():
    """Four keys that name it made a shard that no Secret holds; the message doesn't tell its length."""
    keys = [{"id": str(n), "secretRef": {"name": "alice", "key": "secret"}} for n in range(4)]
    found = compiled(*OPEN, credential(keys=keys), secret(value="x" * 200_000))

    assert () == found.snapshot.credentials
    assert ["InvalidKeyMaterial"] * 4 == [it.reason.text for it in found.problems]
    assert "is longer than 16,384 bytes" in found.problems[0].message
    assert "200" not in found.problems[0].message


def test_the_longest_keys_and_lists_fit_into_an_entry():
    """What the single bounds let pass is not refused for being too much together."""
    keys = [{"id": str(n), "secretRef": {"name": "alice", "key": "secret"}} for n in range(4)]
    revoked = {"jtis": [f"{n:04}" + "x" * 60 for n in range(1024)], "jtisFrom": {"name": "revoked", "key": "jtis"}}
    listed = {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "revoked", "namespace": "default"},
        "data": {"jtis": "\n".join(map(str, range(10_000)))},
    }  # fmt: skip
    found = compiled(*OPEN, credential(keys=keys, revoked=revoked), secret(value="x" * 16_384), listed)

    assert () == found.problems
    assert 1 == len(found.snapshot.credentials)


def test_a_credential_that_is_too_large_in_all_is_left_out(monkeypatch):
    """Every section has the same bound, whatever may come into it later."""
    monkeypatch.setattr("postern_core.link.sizes.ENTRY_BYTES_MAX", 100)
    objects = [parse_manifest(one) for one in (consumer(), credential(), secret())]
    found = compile_identities(objects, inspectors=VALIDATORS)

    assert [] == found.credentials
    assert [("alice", "TooLarge")] == [(it.ref.name, it.reason.text) for it in found.problems]


def test_a_policy_that_is_too_large_refuses_its_routes():
    """Sixteen claims with sixty-four long values each may come to 4 MB."""
    values = [f"{number:02}" + FOUR_BYTES * 1000 for number in range(64)]
    policy = {"jwt": {"allow": {"claims": [{"name": f"c{n}", "anyOf": values} for n in range(16)]}}}
    found = compiled(*OPEN, route("wide", auth=policy))
    [refused] = [entry for entry in found.snapshot.routes if entry.name == "wide"]

    assert refused.refusal.startswith("takes 4,1")
    assert [("wide", "TooLarge", "spec.auth.jwt")] == [(it.ref.name, it.reason.text, it.field) for it in found.problems]
    assert ["Service/default/app"] == [entry.id for entry in found.snapshot.policies]


def test_a_service_with_too_many_addresses_answers_503():
    """Ten thousand pods are more than an entry holds."""
    addresses = [{"addresses": [f"2001:0db8:0000:0000:0000:0000:0000:{n:04x}"]} for n in range(10_000)]
    slice_ = {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": "web-1", "namespace": "default", "labels": {"kubernetes.io/service-name": "web"}},
        "endpoints": addresses, "ports": [{"port": 80}],
    }  # fmt: skip
    web = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"},
        "spec": {"ports": [{"port": 80}]},
    }  # fmt: skip
    found = compiled(service(upstream={"service": {"name": "web", "port": 80}}), route(), web, slice_)

    assert ((),) == tuple(entry.endpoints for entry in found.snapshot.endpoints)
    assert "more than 400,000" in found.snapshot.routes[0].refusal
    assert [("app", "TooLarge"), ("all", "ServiceInvalid")] == sorted(
        ((it.ref.name, it.reason.text) for it in found.problems), key=lambda it: it[1] != "TooLarge"
    )


def test_certificates_are_bounded():
    """A ConfigMap may hold 1 MiB of them."""
    bundle = {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca", "namespace": "default"},
        "data": {"ca.crt": f"-----BEGIN CERTIFICATE-----{'A' * 300_001}-----END CERTIFICATE-----"},
    }  # fmt: skip
    upstream = {"url": "https://a", "tls": {"caCertificateRef": {"name": "ca", "key": "ca.crt"}}}

    assert (
        "holds more than 300,000 bytes"
        in mistakes(service(upstream=upstream), bundle)["spec.upstream.tls.caCertificateRef"]
    )


def test_a_route_that_is_too_large_refuses_its_very_place(monkeypatch):
    """With all that says which requests it takes, or one beside it would take them."""
    monkeypatch.setattr("postern_core.link.sizes.ENTRY_BYTES_MAX", 100_000)
    headers = [{"name": long_header(n), "value": FOUR_BYTES * 1024} for n in range(16)]
    params = [{"name": f"p{n}", "value": FOUR_BYTES * 1024} for n in range(16)]
    paths = [{"type": "Exact", "value": "/7"}]
    found = compiled(service(), route(paths=paths, headers=headers, queryParams=params, auth=JWT))
    (entry,) = found.snapshot.routes

    assert [("all", "TooLarge")] == [(it.ref.name, it.reason.text) for it in found.problems if not it.is_warning]
    assert ("Route default/all is too large", None, ()) == (entry.refusal, entry.policy, entry.clean_headers)
    assert ("/7", 16) == (entry.paths[0].value, len(entry.headers))
    assert () == found.snapshot.policies


def test_a_place_by_the_largest_fields_fits():
    """What refuses it must always be published."""
    paths = [{"type": "Regex", "value": f"{n:02}" + FOUR_BYTES * 1000} for n in range(64)]
    headers = [{"name": long_header(n), "value": FOUR_BYTES * 1024} for n in range(16)]
    params = [{"name": f"{n:02}" + FOUR_BYTES * 120, "value": FOUR_BYTES * 1024} for n in range(16)]
    hosts = [f"{n:02}." + ".".join(["h" * 60] * 4) for n in range(64)]
    prefix = "/" + "p" * 1023
    found = compiled(
        service(hosts=hosts, pathPrefix=prefix), route(paths=paths, headers=headers, queryParams=params, unknown=1)
    )

    assert size_of(found.snapshot.routes[0]) <= PLACE_BYTES_MAX
    assert all(len(it.content) <= SHARD_BYTES_MAX for it in encode_snapshot(found.snapshot).shards.values())


def test_a_place_that_no_entry_holds_closes_all_hosts_of_its_namespace():
    """No API server takes such a manifest; a folder may hold it, and nothing may fall through to a wider route."""
    paths = [{"type": "Exact", "value": f"/{n}" + "x" * 1000} for n in range(900)]
    found = compiled(*OPEN, route("many", paths=paths))

    assert {"its namespace is far beyond its share"} == {entry.refusal for entry in found.snapshot.routes}
    assert [("/", "Prefix")] == [(it.paths[0].value, it.paths[0].type) for it in found.snapshot.routes]


def test_a_refusal_is_no_longer_than_an_entry_may_carry():
    """It is copied into every route of a Service."""
    upstream = {"url": "https://a", "tls": {"caCertificateRef": {"name": "ca", "key": "ca.crt"}}}
    names = {f"{number:0200}": "x" for number in range(4000)}
    bundle = {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca", "namespace": "default"}, "data": names,
    }  # fmt: skip
    found = compiled(service(upstream=upstream), route(), bundle)

    assert max(len(entry.refusal) for entry in (*found.snapshot.routes, *found.snapshot.backends)) < 600


@pytest.mark.parametrize("length", [0, 511, 512, 513, 100_000])
def test_a_refusal_is_shortened_at_its_end(length):
    """The beginning says the most."""
    text = "x" * length

    assert text == shortened(text) if length <= 512 else (512, "...") == (len(shortened(text)), shortened(text)[-3:])


def test_what_fits_is_told_nothing():
    """The bounds are far above what is usual."""
    assert [] == reasons(*OPEN, credential(), secret())
