"""What the annotations of ingress-nginx mean together."""

from __future__ import annotations

import pytest

from postern_cli.ingress_nginx.annotations import read_annotations


def fields(**annotations):
    """The fields of annotations of which nothing is left; underscores stand for hyphens."""
    meaning = read_annotations({name.replace("_", "-"): value for name, value in annotations.items()}, "demo")
    assert [] == meaning.left
    return meaning.fields


def left(**annotations):
    """The names of what is left."""
    meaning = read_annotations({name.replace("_", "-"): value for name, value in annotations.items()}, "demo")
    return [line.partition(":")[0] for line in meaning.left]


HEADERS = "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization"
CORS = {
    "allowMethods": ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"],
    "allowHeaders": HEADERS.split(","),
    "maxAge": "86400s",
}
SAID = [
    ({"enable_cors": "true"}, {"cors": {"allowOrigins": ["*"], **CORS}}),
    (
        {"enable_cors": "true", "cors_allow_origin": "https://a.example.com, https://b.example.com:8443"},
        {
            "cors": {
                "allowOrigins": ["https://a.example.com", "https://b.example.com:8443"],
                "allowCredentials": True,
                **CORS,
            }
        },
    ),
    ({"cors_allow_origin": "https://a.example.com"}, {}),
    ({"limit_rps": "10"}, {"rateLimit": [{"by": "Client", "requests": 10, "per": "1s", "burst": 51}]}),
    (
        {"limit_rpm": "60", "limit_burst_multiplier": "1"},
        {"rateLimit": [{"by": "Client", "requests": 60, "per": "1m", "burst": 61}]},
    ),
    ({"limit_rps": "0", "limit_whitelist": "10.0.0.0/8"}, {}),
    ({"proxy_send_timeout": "90"}, {"upstream": {"timeouts": {"idle": "90s"}}}),
    ({"proxy_next_upstream": "off"}, {"upstream": {"retries": {"attempts": 0}}}),
    (
        {"proxy_next_upstream": "error http_502 http_503", "proxy_next_upstream_tries": "2"},
        {"upstream": {"retries": {"attempts": 1}}, "retry": {"codes": [502, 503], "attempts": 1}},
    ),
    ({"backend_protocol": "HTTPS"}, {"upstream": {"tls": {"insecureSkipVerify": True}}}),
    (
        {
            "backend_protocol": "HTTPS",
            "proxy_ssl_verify": "on",
            "proxy_ssl_secret": "demo/ca",
            "proxy_ssl_name": "app.internal",
        },
        {
            "upstream": {
                "tls": {
                    "serverName": "app.internal",
                    "caCertificateRef": {"kind": "Secret", "name": "ca", "key": "ca.crt"},
                }
            }
        },
    ),
    ({"backend_protocol": "HTTP", "proxy_ssl_verify": "on"}, {}),
    ({"mirror_target": "https://next.example.com$request_uri"}, {"mirrors": [{"url": "https://next.example.com"}]}),
    (
        {"temporal_redirect": "https://a.example.com:8443/b"},
        {
            "redirect": {
                "scheme": "https",
                "hostname": "a.example.com",
                "port": 8443,
                "path": {"type": "ReplaceFullPath", "value": "/b"},
                "statusCode": 302,
            }
        },
    ),
    ({"enable_modsecurity": "false", "ssl_passthrough": "false", "auth_tls_verify_client": "off"}, {}),
    ({"proxy_body_size": "0"}, {}),
]


@pytest.mark.parametrize(("annotations", "expected"), SAID, ids=str)
def test_annotations_become_fields(annotations, expected):
    """What a Service says exactly becomes its fields, with the defaults of ingress-nginx."""
    assert expected == fields(**annotations)


LEFT = [
    {"limit_rps": "5", "limit_whitelist": "10.0.0.0/8"},
    {"limit_rps": "many"},
    {"limit_connections": "3"},
    {"whitelist_source_range": "10.0.0.1/8"},
    {"permanent_redirect": "https://a.example.com/?a=b"},
    {"permanent_redirect": "https://$name.example.com"},
    {"permanent_redirect": "https://a.example.com", "permanent_redirect_code": "304"},
    {"backend_protocol": "GRPC"},
    {"proxy_ssl_secret": "other/ca", "backend_protocol": "HTTPS"},
    {"proxy_ssl_verify": "on", "backend_protocol": "HTTPS"},
    {"proxy_read_timeout": "1m"},
    {"upstream_vhost": "$service_name"},
    {"app_root": "/a?b"},
    {"server_alias": "~^a"},
    {"auth_url": "http://login"},
    {"auth_tls_secret": "demo/ca"},
    {"configuration_snippet": "deny all;"},
    {"custom_headers": "demo/it"},
    {"never_heard_of": "x"},
]


@pytest.mark.parametrize("annotations", LEFT, ids=str)
def test_what_has_no_equal_is_left(annotations):
    """What would have to be guessed, or is not there, is named by one of its annotations."""
    (found,) = left(**annotations)
    assert found.replace("-", "_") in annotations


def test_lists_that_contradict_each_other_are_left():
    """Two names of one list with different values have no single meaning."""
    both = {"whitelist_source_range": "10.0.0.0/8", "allowlist_source_range": "192.0.2.0/24"}
    assert ["whitelist-source-range"] == left(**both)


def test_what_tunes_is_dropped_with_a_note():
    """The names of those that are dropped for one reason are in one note."""
    meaning = read_annotations({"proxy-buffering": "off", "affinity": "cookie", "load-balance": "ewma"}, "demo")
    assert ({}, []) == (meaning.fields, meaning.left)
    assert ["affinity", "load-balance, proxy-buffering"] == [note.partition(":")[0] for note in meaning.notes]
    assert "sessions in the memory" in meaning.notes[0]


DIFFERENT = [
    ({"enable-cors": "true"}, "allowCredentials is left out"),
    ({"enable-cors": "true", "cors-allow-origin": "https://*.example.com"}, "was one label in nginx"),
    ({"limit-rps": "1"}, "the answer is 429"),
    ({"permanent-redirect": "https://a.example.com"}, "the query of a request stays"),
    ({"proxy-next-upstream": "error timeout non_idempotent"}, "POST"),
    ({"proxy-next-upstream-tries": "0"}, "more attempts are the most"),
    ({"proxy-next-upstream-timeout": "5"}, "bounds all attempts together"),
    ({"backend-protocol": "HTTPS", "proxy-ssl-secret": "demo/ca"}, "client-certificate"),
    ({"mirror-target": "/mirror"}, "is dropped"),
    ({"proxy-body-size": "0"}, "the bound of the gateway"),
]


@pytest.mark.parametrize(("annotations", "said"), DIFFERENT, ids=str)
def test_what_differs_is_noted(annotations, said):
    """A difference that an operator could meet is named, and does not stand in the way."""
    meaning = read_annotations(annotations, "demo")
    assert ([], True) == (meaning.left, any(said in note for note in meaning.notes))
