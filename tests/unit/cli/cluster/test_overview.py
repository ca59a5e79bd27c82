"""How objects and what serves them are, by what their statuses say."""

from __future__ import annotations

from dataclasses import replace

import pytest

import manifests
from postern_cli.cluster.installation import Leader, Published
from postern_cli.cluster.overview import (
    OUTDATED,
    UNSEEN,
    gateways_named_by,
    ingress_state,
    is_served,
    overview_of,
    state_of,
)
from postern_cli.cluster.pods import Pod
from postern_core.link.ingress_classes import OurClass

HELD = Leader("postern-system", is_held=True, holder="host_1", renewed_s_ago=1)
SERVED = Published("default", "gw", "d1", (Pod("a", "10.0.0.1", 9081, is_ready=True, digest="d1"),))


def told(manifest, *conditions, generation=1, observed=1, **facts):
    """An object with a status."""
    conditions = [dict(zip(("type", "status", "reason", "message"), it, strict=True)) for it in conditions]
    status = {"observedGeneration": observed, "conditions": conditions, **facts}
    return {**manifest, "metadata": {**manifest["metadata"], "generation": generation}, "status": status}


READY = (("Accepted", "True", "Accepted", ""), ("Ready", "True", "Ready", ""))


def test_an_object_is_ready_when_it_says_so():
    """An object is ready when its status says so for its present generation."""
    state = state_of(told(manifests.consumer(), *READY))
    assert (True, ()) == (state.is_ready, state.trouble)


def test_an_object_that_has_changed_is_not_known():
    """What its status says is of another spec."""
    assert (OUTDATED,) == state_of(told(manifests.consumer(), *READY, generation=2)).trouble


def test_an_object_without_conditions_was_not_seen():
    """No operator runs, or it looks elsewhere."""
    assert (UNSEEN,) == state_of(manifests.consumer()).trouble
    assert (UNSEEN,) == state_of(told(manifests.consumer(), READY[0])).trouble


def test_what_only_follows_is_not_told():
    """Ready and Programmed are False because of what is wrong before them."""
    conditions = [
        ("Accepted", "True", "Accepted", ""),
        ("ResolvedRefs", "False", "ServiceNotFound", "there is none"),
        ("Programmed", "False", "NoDataPlane", ""),
        ("Ready", "False", "ServiceNotFound", "there is none"),
    ]
    assert ("ServiceNotFound: there is none",) == state_of(told(manifests.route(), *conditions)).trouble


def test_an_object_that_is_not_served_says_so_once():
    """When nothing else is wrong, Programmed is what is told, and Ready repeats it."""
    pending = [(type_, "False", "Pending", "not yet") for type_ in ("Programmed", "Ready")]
    assert ("Pending: not yet",) == state_of(told(manifests.consumer(), *pending)).trouble


def test_an_object_knows_where_it_hangs():
    """A Service by its gateways, sound or not; a Route by its Service; a credential by its consumer."""
    service = state_of(manifests.service(gateways=["inner"], hosts="no list"))
    assert (("inner",), "app", "alice") == (
        service.gateways, state_of(manifests.route()).parent, state_of(manifests.credential()).parent,
    )  # fmt: skip
    assert {"inner"} == gateways_named_by([service])


def test_a_credential_says_which_key_it_answers_to():
    """Its status holds nothing secret."""
    facts = {"key": "k", "algorithm": "HS256", "generatedSecretName": "alice-jwt"}
    bound = {"key": "k", "issuer": "platform/keycloak"}
    assert "key k, TokenIssuer platform/keycloak" == state_of(told(manifests.credential(), *READY, **bound)).about
    assert "key k, HS256, Secret alice-jwt" == state_of(told(manifests.credential(), *READY, **facts)).about


@pytest.mark.parametrize(
    ("pods", "expected"),
    [((), False), (((True, "d1"),), True), (((True, "d1"), (True, "d2")), False), (((True, "d1"), (False, "")), True)],
)
def test_a_gateway_is_served_when_all_ready_pods_serve_it(pods, expected):
    """Without any pod nothing is served."""
    made = tuple(Pod(str(n), "10.0.0.1", 1, is_ready=ready, digest=digest) for n, (ready, digest) in enumerate(pods))
    assert expected == is_served(Published("default", "gw", "d1", made))


def test_all_is_well_when_everything_is():
    """One thing that isn't, and it isn't."""
    sound = told(manifests.consumer(), *READY)
    assert overview_of(HELD, [SERVED], map(state_of, [sound]), []).is_ready
    assert not overview_of(replace(HELD, unreadable=("routes: 403",)), [SERVED], map(state_of, [sound]), []).is_ready
    assert not overview_of(Leader("x"), [SERVED], map(state_of, [sound]), []).is_ready
    assert not overview_of(HELD, [Published("default", "gw")], map(state_of, [sound]), []).is_ready
    assert not overview_of(HELD, [SERVED], map(state_of, [manifests.consumer()]), []).is_ready


def test_objects_come_in_order():
    """By kind, namespace and name."""
    found = overview_of(
        HELD, [], map(state_of, [manifests.consumer(), manifests.route("b"), manifests.route("a")]), []
    ).objects
    assert ["a", "b", "alice"] == [it.name for it in found]


def ingress(**fields):
    return manifests.ingress() | fields


@pytest.mark.parametrize(
    ("manifest", "about"),
    [
        (ingress(), "app.example.com, without an address"),
        (ingress(status={"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}, {"hostname": "lb.x"}]}}),
         "app.example.com at 192.0.2.1, lb.x"),
        (ingress(spec={"defaultBackend": {}}), "every host, without an address"),
        (ingress(spec={"rules": [{}]}), "every host, without an address"),
    ],
)  # fmt: skip
def test_an_ingress_says_where_it_is_reached(manifest, about):
    """Its status has no conditions, so it is never in trouble by itself."""
    state = ingress_state(manifest, OurClass("postern", "inner"))
    assert (about, ("inner",), True) == (state.about, state.gateways, state.is_ready)


def test_an_ingress_of_a_class_that_cannot_be_served_is_in_trouble():
    """All its requests get 503."""
    assert ("Invalid: why",) == ingress_state(ingress(), OurClass("postern", "default", "why")).trouble
