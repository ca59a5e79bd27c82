"""Values that can't work are refused before anything is installed, and the message says what to do."""

from __future__ import annotations

import pytest

from helm_chart import NAMESPACE

TLS = {"enabled": True, "secrets": ["a"]}


def listeners(*some, **gateway):
    """The values of a gateway with these, called `a` and without TLS where nothing else is said."""
    return {"gateways": {"default": gateway | {"listeners": [{"name": "a", "protocol": "HTTP"} | it for it in some]}}}


GOOD = [
    {"gateways": {"default": {"accessLog": 0.5}}},
    {"gateways": {"default": {"accessLog": "0.5"}}},
    {"gateways": {"default": {"accessLog": False}}},
    {"image": {"tag": 7}},
    {"gateways": {"default": None, "a": {}, "b": {}}},
    {"gateways": {"default": None}},
    {"global": {"imageRegistry": "registry.example.com"}},
    {"listenAddress": "[::]"},
]
BAD = {
    "gateways.default.namespace: postern-system is where the operator runs": {
        "gateways": {"default": {"namespace": NAMESPACE}}
    },
    "gateways.b.namespace: edge is that of gateway a already": {
        "gateways": {"a": {"namespace": "edge"}, "b": {"namespace": "edge"}}
    },
    "gateways.default.tls.clientValidation: without TLS": {
        "gateways": {"default": {"tls": {"clientValidation": {"caConfigMap": {"name": "a"}}}}}
    },
    "gateways.default.tls.clientValidation: Required, and clients without TLS": {
        "gateways": {"default": {"tls": {"enabled": True, "clientValidation": {"caConfigMap": {"name": "a"}}}}}
    },
    "gateways.default.tls.redirect: without TLS": {"gateways": {"default": {"tls": {"redirect": True}}}},
    "gateways.default.autoscaling: maxReplicas is less than minReplicas": {
        "gateways": {"default": {"autoscaling": {"enabled": True, "maxReplicas": 1}}}
    },
    "gateways.default.rateLimitStore: a password or CAs without a store": {
        "gateways": {"default": {"rateLimitStore": {"passwordSecret": {"name": "redis"}}}}
    },
    "/gateways/default/rateLimitStore/url'": {
        "gateways": {"default": {"rateLimitStore": {"url": "redis://:hunter2@redis"}}}
    },
    "gateways.default.listeners: http is the name of a port": {
        "gateways": {"default": {"listeners": [{"name": "http", "port": 8081, "protocol": "HTTP"}]}}
    },
    "gateways.default.listeners: a: port 80 is that of service.httpPort": {
        "gateways": {"default": {"listeners": [{"name": "a", "port": 80, "protocol": "HTTP"}]}}
    },
    "gateways.default.listeners: a: HTTPS needs certificates": {
        "gateways": {"default": {"listeners": [{"name": "a", "port": 444, "protocol": "HTTPS"}]}}
    },
    "gateways.default.listeners: a is given twice": listeners({"port": 81}, {"port": 82}),
    "gateways.default.listeners: b: pods listen on 8081 for it, and for HTTP at port 8081": listeners(
        {"port": 8081}, {"name": "b", "port": 8081, "hostname": "b", "protocol": "HTTPS"}, tls=TLS
    ),
    "gateways.default.listeners: b: pods listen on 10081 for it, and for HTTP at port 81": listeners(
        {"port": 81}, {"name": "b", "port": 10081}
    ),
    "gateways.default.listeners: b: a is for every host at port 81 already": listeners(
        {"port": 81}, {"name": "b", "port": 81, "redirectPort": 443}
    ),
    "gateways.default.listeners: a: what comes over HTTPS already": listeners(
        {"port": 444, "protocol": "HTTPS", "redirectPort": 443}, tls=TLS
    ),
    "/gateways/default/listeners/0/hostname'": {
        "gateways": {"default": {"listeners": [{"name": "a", "port": 81, "protocol": "HTTP", "hostname": "A.x"}]}}
    },
    "/gateways/default/listeners/0'": {"gateways": {"default": {"listeners": [{"name": "a", "port": 81}]}}},
    "ingress.gateway: there is no gateway inner": {"ingress": {"enabled": True, "gateway": "inner"}},
    "/ingress/addresses'": {"ingress": {"addresses": "NodePort"}},
    "gateways.admin: its Service would be postern-admin": {"gateways": {"admin": {}}},
    "invalid propertyName 'Public'": {"gateways": {"Public": {}}},
    "/gateways/public': got null, want object": "gateways: {public: }",
    "/gateways/default/accessLog': maximum": {"gateways": {"default": {"accessLog": 2}}},
    "/gateways/default/accessLogClaims/0'": {"gateways": {"default": {"accessLogClaims": ["a,b"]}}},
    "/gateways/default/accessLogFormat'": {"gateways": {"default": {"accessLogFormat": "clf"}}},
    "/gateways/default/metricsRoutes': minimum": {"gateways": {"default": {"metricsRoutes": -1}}},
    "/gateways/default/traceContext'": {"gateways": {"default": {"traceContext": "on"}}},
    "/gateways/default/service/type'": {"gateways": {"default": {"service": {"type": "ExternalName"}}}},
    "/gateways/default/replicas': minimum": {"gateways": {"default": {"replicas": -1}}},
    "/gateways/default/tls/minVersion'": {"gateways": {"default": {"tls": {"minVersion": "1.1"}}}},
    "/gateways/default/allowedUpstreams/0'": {"gateways": {"default": {"allowedUpstreams": ["localhost"]}}},
    "/gateways/default/trustedProxies/0'": {"gateways": {"default": {"trustedProxies": ["10.0.0.1"]}}},
    "/operator/fetch/hosts/0'": {"operator": {"fetch": {"hosts": ["https://login.example.com"]}}},
    "/operator/fetch/deny/0'": {"operator": {"fetch": {"deny": ["10.0.0.1"]}}},
    "/operator/fetch/allow/0'": {"operator": {"fetch": {"allow": ["localhost"]}}},
    "/image/digest'": {"image": {"digest": "sha256:1"}},
    "/watchNamespaces'": {"watchNamespaces": ["a", "a"]},
    "/gatewayDefaults/resources/limits/memory'": {"gatewayDefaults": {"resources": {"limits": {"memory": "1 GB"}}}},
}


@pytest.mark.parametrize(("said", "values"), BAD.items(), ids=BAD)
def test_it_is_refused(helm, said, values):
    """With the place in the values."""
    done = helm.template(values)
    assert (1, True) == (done.returncode, said in done.stderr), done.stderr


@pytest.mark.parametrize("values", GOOD, ids=str)
def test_it_is_taken(helm, values):
    """Values that look like refused ones but are valid are accepted."""
    done = helm.template(values)
    assert done.returncode == 0, done.stderr


def test_an_old_kubernetes_is_refused(helm):
    """One that would run the sidecar to its end before the proxy."""
    done = helm.template(None, "--kube-version=1.29.9")
    assert (1, True) == (done.returncode, "chart requires kubeVersion: >=1.30.0-0" in done.stderr)
