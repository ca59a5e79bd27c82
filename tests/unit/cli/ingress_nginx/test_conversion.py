"""Ingresses of ingress-nginx as manifests of ours."""

from __future__ import annotations

from nginx_ingresses import converted, ingress, one_converted
from postern_cli.ingress_nginx.conversion import convert_all
from postern_cli.ingress_nginx.source import NginxIngress

TLS = {"tls": [{"secretName": "t", "hosts": ["shop.example.com"]}]}


def kinds(result):
    return [it["kind"] for it in result.manifests]


def services(result):
    return [it["spec"] for it in result.manifests if it["kind"] == "Service"]


def test_an_ingress_with_tls_redirects_as_it_did():
    """ingress-nginx redirects by default where there is TLS; the Service does, with the same certificate."""
    (service,) = services(one_converted(ingress(**TLS)))
    assert {"scheme": "https", "statusCode": 308} == service["redirect"]
    assert {"certificateRefs": [{"name": "t"}]} == service["tls"]


def test_a_host_without_tls_is_not_redirected():
    """The hosts of an Ingress that its TLS does not cover are served as they are asked for, with no certificate."""
    source = ingress(**TLS)
    source["spec"]["rules"].append({**source["spec"]["rules"][0], "host": "other.example.com"})
    found = {it["hosts"][0]: it for it in services(one_converted(source))}
    assert {"shop.example.com", "other.example.com"} == set(found)
    assert not {"redirect", "tls"} & set(found["other.example.com"])


def test_tls_without_a_secret_is_noted():
    """Such an entry is for a certificate of the gateway's own."""
    result = one_converted(ingress(tls=[{"hosts": ["shop.example.com"]}]))
    assert "tls" not in services(result)[0]
    assert any("gateway's own" in note for note in result.notes)


def test_the_paths_of_one_backend_are_of_one_service():
    """Paths count together where requests are limited, and hosts with the same paths are of one Service."""
    source = ingress("shop", "/a", "/b", annotations={"limit-rps": "5"})
    source["spec"]["rules"].append({**source["spec"]["rules"][0], "host": "other.example.com"})
    result = one_converted(source)
    assert ["Service", "Route"] == kinds(result)
    assert ["shop.example.com", "other.example.com"] == services(result)[0]["hosts"]
    assert ["/a", "/b"] == [it["value"] for it in result.manifests[1]["spec"]["paths"]]


def test_two_backends_are_two_services_and_the_limits_are_noted():
    """Each counts for itself, where nginx counted for the Ingress."""
    source = ingress("shop", "/a", "/b", annotations={"limit-rps": "5"})
    source["spec"]["rules"][0]["http"]["paths"][1]["backend"]["service"]["name"] = "other"
    result = one_converted(source)
    assert ["shop-1", "shop-2"] == [it["metadata"]["name"] for it in result.manifests if it["kind"] == "Service"]
    assert any("count for each of 2 Services" in note for note in result.notes)


def test_a_default_backend_beside_a_redirect_is_left():
    """A Service has none; where only the default redirect to HTTPS asks for one, another way is named."""
    backend = {"service": {"name": "shop", "port": {"number": 80}}}
    (result,) = converted(ingress(defaultBackend=backend, **TLS))
    assert (["Ingress"], True) == (kinds(result), "--redirect-to-https" in result.left[0])
    assert [] == one_converted(ingress(defaultBackend=backend)).left


def test_labels_stay():
    """The labels of an Ingress are those of all that is made of it."""
    source = ingress(annotations={"proxy-body-size": "1m"})
    source["metadata"]["labels"] = {"team": "blue"}
    made = one_converted(source).manifests + one_converted(ingress()).manifests
    assert [{"team": "blue"}, {"team": "blue"}, None] == [it["metadata"].get("labels") for it in made]


def test_an_alias_is_a_host_unless_an_ingress_has_it():
    """A host of an Ingress comes before an alias, as in nginx."""
    both = ingress(annotations={"server-alias": "a.example.com, b.example.com"}), ingress("b", host="b.example.com")
    result = one_converted(*both)
    assert ["shop.example.com", "a.example.com"] == services(result)[0]["hosts"]
    assert any("b.example.com is a host" in note for note in result.notes)


def test_a_host_that_is_there_is_not_redirected():
    """`from-to-www-redirect` leaves a host alone that some Ingress has."""
    www = ingress("www", host="www.shop.example.com")
    assert ["Service", "Route"] == kinds(one_converted(ingress(annotations={"from-to-www-redirect": "true"}), www))


def test_patterns_of_one_ingress_are_noted_at_all_of_the_host():
    """nginx makes patterns of all paths of the host, those of other Ingresses too."""
    done = converted(ingress("a", "/a", annotations={"rewrite-target": "/b"}), ingress("c", "/c"))
    assert [True, True] == [any("Ingress/demo/a made nginx match" in it for it in one.notes) for one in done]


def test_a_pattern_that_nginx_tried_first_is_noted():
    """nginx tries longer texts first, whatever they match; here the longer prefix comes first."""
    wide = ingress("wide", "/shop(/|$)(.*)", annotations={"rewrite-target": "/$2"})
    done = converted(wide, ingress("narrow", "/shop/admin"))
    assert [False, True] == [any("/shop(/|$)(.*) of Ingress/demo/wide" in it for it in one.notes) for one in done]


def test_a_rule_without_a_host_is_a_service_for_every_host():
    """It takes what nothing else names, as it did, and stands beside no named host."""
    source = ingress(host="", annotations={"proxy-body-size": "1m"})
    source["spec"]["rules"].append({**source["spec"]["rules"][0], "host": "*.example.com"})
    result = one_converted(source)
    assert [None, ["*.example.com"]] == [it.get("hosts") for it in services(result)]
    assert any("one label" in note for note in result.notes)


def test_more_hosts_than_a_service_takes_are_several():
    """A Service has 64 hosts at the most."""
    source = ingress(annotations={"proxy-body-size": "1m"})
    (rule,) = source["spec"]["rules"]
    source["spec"]["rules"] = [{**rule, "host": f"h{number}.example.com"} for number in range(65)]
    assert [64, 1] == [len(it["hosts"]) for it in services(one_converted(source))]


def test_a_path_that_counts_otherwise_is_noted():
    """What a path of type ImplementationSpecific takes differs, and is never changed in silence."""
    (result,) = converted(ingress("shop", "/a", type_="ImplementationSpecific"))
    assert ["path /a"] == [line.partition(":")[0] for line in result.notes]


def test_what_the_compiler_refuses_is_not_written():
    """A path that no request ever has leaves the Ingress as one that refuses."""
    (result,) = converted(ingress("shop", "/a//b", annotations={"proxy-body-size": "1m"}))
    assert (["Ingress"], True) == (kinds(result), "is not in normal form" in result.left[0])


def test_a_pattern_that_is_left_refuses_all_that_it_may_take():
    """Its type becomes the one of which the whole elements before the pattern are refused."""
    (result,) = converted(ingress("shop", "/a/[0-9]+", annotations={"use-regex": "true"}))
    (path,) = result.manifests[0]["spec"]["rules"][0]["http"]["paths"]
    assert ("ImplementationSpecific", True) == (path["pathType"], bool(result.left))


def test_the_certificate_outlives_the_ingress():
    """cert-manager deletes the Certificate that it made of an Ingress with it, so that one of its own is written."""
    source = ingress(**TLS)
    source["metadata"]["annotations"]["cert-manager.io/cluster-issuer"] = "letsencrypt"
    certificate = one_converted(source).manifests[-1]
    expected = {
        "secretName": "t",
        "dnsNames": ["shop.example.com"],
        "issuerRef": {"name": "letsencrypt", "kind": "ClusterIssuer"},
    }
    assert ("Certificate", expected) == (certificate["kind"], certificate["spec"])


def test_a_secret_of_several_ingresses_has_one_certificate():
    """The names of all of them are in it, as a second object of the name would replace the first."""
    sources = [ingress(name, host=f"{name}.example.com") for name in ("a", "b")]
    for source in sources:
        source["spec"]["tls"] = [{"secretName": "t", "hosts": [source["spec"]["rules"][0]["host"]]}]
        source["metadata"]["annotations"]["cert-manager.io/issuer"] = "letsencrypt"
    certificates = [it for one in converted(*sources) for it in one.manifests if it["kind"] == "Certificate"]
    assert [["a.example.com", "b.example.com"]] == [it["spec"]["dnsNames"] for it in certificates]


def test_annotations_of_others_are_noted():
    """Nobody reads them at a Service of ours."""
    source = ingress(annotations={"proxy-body-size": "1m"})
    source["metadata"]["annotations"]["external-dns.alpha.kubernetes.io/ttl"] = "60"
    assert any("external-dns.alpha.kubernetes.io/ttl" in note for note in one_converted(source).notes)


def test_a_suffix_keeps_the_ingresses_of_nginx():
    """An Ingress that was applied under its own name would leave nginx at once."""
    sources = [NginxIngress(ingress("plain")), NginxIngress(ingress("left", annotations={"auth-url": "http://login"}))]
    names = [it.manifests[0]["metadata"]["name"] for it in convert_all(sources, "postern", "-postern")]
    assert ["plain-postern", "left-postern"] == names
