"""The configurations of the other gateways: complete, and with what a workload asks for."""

from __future__ import annotations

import json
import re

import jwt
import pytest
from bench.material import ALGORITHMS, make_key, write_certificate
from bench.peers import Site, envoy, haproxy, nginx
from bench.templates import render
from bench.workloads import WORKLOADS


@pytest.fixture
def site(tmp_path):
    def make(name="repeated"):
        workload = WORKLOADS[name]
        certificate = write_certificate(tmp_path / "certificates" / "bench")
        return Site(workload, tmp_path, 9000, 8000, make_key(workload.algorithm), certificate)

    return make


def manager_of(config):
    return config["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]


def test_a_template_wants_its_values():
    """A place that nobody fills would be a configuration that nobody has written."""
    with pytest.raises(ValueError, match=r"application\.conf wants"):
        render("application.conf", folder="f", port=1)


def test_a_template_wants_no_others():
    """A value without a place is one that has no effect."""
    with pytest.raises(ValueError, match="was given"):
        render("application.conf", folder="f", port=1, body="b", bodies="c")


def host_of(config):
    return manager_of(config)["route_config"]["virtual_hosts"][0]


def test_envoy_has_few_routes_in_a_list(site):
    """With which they cost it least."""
    routes = host_of(envoy.config(site("body-10m"), remembers=False))["routes"]
    assert [*(f"/v1/r{number}" for number in range(10)), "/v1/body-10m"] == [one["match"]["path"] for one in routes]


def test_envoy_has_many_routes_in_a_dictionary(site):
    """With which they cost it least."""
    host = host_of(envoy.config(site("routes-1000"), remembers=False))
    assert "routes" not in host
    found = host["matcher"]["matcher_tree"]["exact_match_map"]["map"]
    assert {f"/v1/r{number}" for number in range(1000)} == found.keys()


def test_routes_with_ids_take_what_is_below(site):
    """All gateways have the same routes, however they say it."""
    here = site("mixed")
    assert ["/v1/r0/", "/v1/r1/"] == list(here.known_paths())[:2]
    assert {"prefix": "/v1/r0/"} == host_of(envoy.config(here, remembers=True))["routes"][0]["match"]
    assert "path -m beg -f" in haproxy.config(here)
    assert "path -m str -f" in haproxy.config(site("repeated"))


@pytest.mark.parametrize("remembers", [True, False])
def test_envoy_remembers_tokens_when_it_is_told_to(remembers, site):
    """The two Envoys differ in nothing else."""
    provider = manager_of(envoy.config(site(), remembers=remembers))["http_filters"][0]["typed_config"]["providers"]
    assert remembers == ("jwt_cache_config" in provider["bench"])


@pytest.mark.parametrize("name", ["tls", "repeated"])
def test_each_speaks_tls_where_it_is_asked_to(name, site):
    """Each gateway speaks TLS where it is configured to, and only there."""
    here = site(name)
    chain = envoy.config(here, remembers=True)["static_resources"]["listeners"][0]["filter_chains"][0]
    asked = name == "tls"
    assert asked == ("transport_socket" in chain)
    assert asked == ("ssl_certificate_key" in nginx.config(here))
    assert asked == ("ssl crt" in haproxy.config(here))


def test_haproxy_has_the_secret_or_the_name_of_the_public_key(site):
    """`jwt_verify` takes the one for HMAC, the other for the rest."""
    assert re.search(rf'jwt_verify\(txn.algorithm,"{make_key("HS256").verifying}"\)', haproxy.config(site()))
    assert '/public.pem")' in haproxy.config(site("new-RS256"))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_verifies_with_what_gateways_are_told(algorithm):
    """With the key itself and with the JWK Set."""
    key = make_key(algorithm)
    (jwk,) = json.loads(key.jwks())["keys"]
    for verifying in (key.verifying, jwt.PyJWK(jwk).key):
        assert "c0" == jwt.decode(key.token(), verifying, algorithms=[algorithm])["key"]
    assert not {"d", "p", "q"} & jwk.keys()


def test_new_tokens_are_all_different():
    """New tokens are all different, and so is garbage, which never verifies."""
    key = make_key("HS256")
    assert 50 == len(set(key.tokens(50)))
    garbage = list(key.garbage(50))
    assert 50 == len(set(garbage))
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(garbage[0], key.verifying, algorithms=["HS256"])


def test_an_expired_token_is_expired_and_nothing_else():
    """Its signature is good."""
    key = make_key("HS256")
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(key.token(expired=True), key.verifying, algorithms=["HS256"])
