"""Canaries of ingress-nginx beside the Ingress of which they take a part."""

from __future__ import annotations

import pytest

from nginx_ingresses import converted, ingress, one_converted


def canary(name="canary", path="/", **said):
    """A canary beside the Ingress of `ingress()`; underscores stand for hyphens."""
    annotations = {"canary": "true"} | {name.replace("_", "-"): value for name, value in said.items()}
    return ingress(name, path, backend="next", annotations=annotations)


def shares(service):
    return [(it["service"]["name"], it["weight"]) for it in service["spec"]["upstreams"]]


def test_a_weight_splits():
    """It is of a hundred, or of its total; other annotations of a canary count for nothing, as in nginx."""
    made = one_converted(ingress(), canary(canary_weight="10", proxy_body_size="1m")).manifests
    assert [("shop", 90), ("next", 10)] == shares(made[0])
    made = one_converted(ingress(), canary(canary_weight="1", canary_weight_total="1000")).manifests
    assert ([("shop", 999), ("next", 1)], "maxRequestBody" in made[0]["spec"]) == (shares(made[0]), False)


def test_a_header_has_a_service_of_its_own():
    """With always it leads to the canary, with never to the stable one, and otherwise the weight counts."""
    made = one_converted(ingress(), canary(canary_weight="10", canary_by_header="X-Try")).manifests
    routes = [it["spec"].get("headers") for it in made if it["kind"] == "Route"]
    assert [None, [{"name": "X-Try", "value": "always"}], [{"name": "X-Try", "value": "never"}]] == routes


def test_a_value_of_a_header_leads_to_the_canary_alone():
    """With a value there is no never."""
    made = one_converted(ingress(), canary(canary_by_header="X-Try", canary_by_header_value="beta")).manifests
    routes = [it["spec"].get("headers") for it in made if it["kind"] == "Route"]
    assert [None, [{"name": "X-Try", "value": "beta"}]] == routes


@pytest.mark.parametrize(
    "it",
    [
        canary(path="/else", canary_weight="10"),
        canary(canary_weight="101"),
        canary(canary_by_cookie="try"),
        canary(canary_by_header="X", canary_by_header_pattern="a.*"),
    ],
    ids=("path", "weight", "cookie", "pattern"),
)
def test_a_canary_that_can_not_be_said_is_left_out(it):
    """It would take all requests as an Ingress of its own, and the stable one is converted without it."""
    stable, left = converted(ingress(), it)
    assert ([], ["Ingress"]) == (stable.left, [one["kind"] for one in stable.manifests])
    assert ([], 1) == (left.manifests, len(left.left))


def test_a_canary_of_what_is_left_is_left():
    """An Ingress that refuses has no part to give, and several canaries have no single meaning."""
    stable, *_ = converted(ingress(annotations={"auth-url": "http://login"}), canary(canary_weight="10"))
    assert "canary: Ingress/demo/canary is left out" in stable.left[-1]
    stable, *_ = converted(ingress(), canary(canary_weight="10"), canary("other", canary_weight="10"))
    assert "several canaries" in stable.left[0]
