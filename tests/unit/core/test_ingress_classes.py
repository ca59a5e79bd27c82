"""Which Ingresses are ours."""

import pytest

from manifests import compiled, ingress, ingress_class, kubernetes_service
from postern_core.link.ingress_classes import class_ref, named_class
from postern_core.parse import parse_manifest
from postern_core.resources.ingress import CLASS_ANNOTATION, DEFAULT_CLASS_ANNOTATION, GATEWAY_ANNOTATION

DEFAULT = {DEFAULT_CLASS_ANNOTATION: "true"}
OTHERS = {"name": "nginx", "controller": "k8s.io/ingress-nginx"}


def served(*classes, gateway="default", gateways=(), **fields):
    """Whether an Ingress is served, and what is said of it."""
    found = compiled(*classes, *kubernetes_service(), ingress(**fields), gateway=gateway, gateways=gateways)
    return [bool(it.refusal) for it in found.snapshot.routes], [it.reason.text for it in found.problems]


@pytest.mark.parametrize(
    ("classes", "fields", "is_served"),
    [
        ([ingress_class()], {}, True),
        ([ingress_class(**OTHERS)], {"ingressClassName": "nginx"}, False),
        ([ingress_class()], {"ingressClassName": None}, False),
        ([ingress_class(annotations=DEFAULT)], {"ingressClassName": None}, True),
        ([ingress_class(annotations={DEFAULT_CLASS_ANNOTATION: "True"})], {"ingressClassName": None}, False),
        ([ingress_class(annotations=DEFAULT, **OTHERS)], {"ingressClassName": None}, False),
        ([ingress_class()], {"ingressClassName": None, "annotations": {CLASS_ANNOTATION: "postern"}}, True),
        ([ingress_class()], {"ingressClassName": None, "annotations": {CLASS_ANNOTATION: "nginx"}}, False),
        ([ingress_class()], {"annotations": {CLASS_ANNOTATION: "nginx"}}, True),
    ],
)  # fmt: skip
def test_an_ingress_is_ours_by_its_class(classes, fields, is_served):
    """The field counts before the annotation, and the default class where there is neither; others are no concern."""
    assert ([False] if is_served else [], []) == served(*classes, **fields)


def test_a_class_that_is_missing_is_a_problem_of_the_ingress():
    """Once it is there the Ingress is served, without an edit."""
    assert ([], ["IngressClassNotFound"]) == served()
    assert ([False], []) == served(ingress_class())


def test_a_class_names_the_gateway_of_its_ingresses():
    """Without the annotation it is `default`."""
    inner = ingress_class(annotations={GATEWAY_ANNOTATION: "inner"})
    assert [([], []), ([False], [])] == [served(inner, gateway=it) for it in ("default", "inner")]


@pytest.mark.parametrize(
    ("gateways", "expected"),
    [((), []), (("default", "inner"), []), (("default",), ["GatewayNotFound"]), (("outer",), ["GatewayNotFound"])],
)
def test_a_class_for_a_gateway_that_is_not_there_is_a_problem_of_its_ingresses(gateways, expected):
    """Its Ingresses would vanish silently, for no gateway serves them; where no gateway is known nothing is said."""
    inner = ingress_class(annotations={GATEWAY_ANNOTATION: "inner"})
    assert ([], expected) == served(inner, gateways=gateways)


@pytest.mark.parametrize("name", ["a b", "Inner", "../inner", "a" * 64, "\n"])
def test_a_class_for_what_is_no_name_of_a_gateway_refuses_its_ingresses(name):
    """It can't be the gateway of anything, so its Ingresses answer 503 where those of a class without one are."""
    assert ([True], ["Invalid"]) == served(ingress_class(annotations={GATEWAY_ANNOTATION: name}))


def test_parameters_of_a_class_refuse_its_ingresses():
    """What is not read could restrict."""
    assert ([True], ["Invalid"]) == served(ingress_class(parameters={"kind": "X", "name": "x"}))


def test_a_class_that_cannot_be_read_refuses_its_ingresses():
    """It may be ours, and then its hosts must not fall to others."""
    broken = ingress_class() | {"spec": {"controller": 1}}
    assert [True] == served(broken)[0]


def test_the_class_of_an_ingress_that_cannot_be_read_is_still_known():
    """Of its manifest, as far as that goes."""
    broken = parse_manifest(ingress(rules="all"))
    odd = parse_manifest(ingress(ingressClassName=1, annotations={CLASS_ANNOTATION: "postern"}))
    assert (("postern", "spec.ingressClassName"), "postern") == (named_class(broken), named_class(odd)[0])
    assert "IngressClass default/postern" == str(class_ref("postern"))
