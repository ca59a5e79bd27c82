"""Ingress and IngressClass as they are read."""

from manifests import ingress, ingress_class
from postern_core.link.attached_policies import POLICY_ANNOTATION
from postern_core.parse import parse_manifest


def test_what_kubectl_notes_in_annotations_is_not_kept():
    """It is as large as the object, and changes with each edit."""
    noted = {"kubectl.kubernetes.io/last-applied-configuration": "{}", POLICY_ANNOTATION: "signed"}
    metadata = parse_manifest(ingress(annotations=noted)).resource.metadata
    assert {POLICY_ANNOTATION: "signed"} == metadata.annotations
    assert ("signed", None) == (metadata.annotation(POLICY_ANNOTATION), metadata.annotation("other"))


def test_an_unknown_field_is_named_with_its_place():
    """It could restrict what the Ingress lets through, and a file has typos."""
    parsed = parse_manifest(ingress(rules=[{"hots": "app.example.com"}]))
    assert [("spec.rules[0].hots", True)] == [(it.field, "did you mean host?" in it.message) for it in parsed.problems]


def test_annotations_that_are_no_texts_are_a_mistake_of_the_object():
    """The API server refuses them as well."""
    parsed = parse_manifest(ingress(annotations={"postern.dev/x": True}))
    assert (None, [""]) == (parsed.resource, [it.field for it in parsed.problems])


def test_other_fields_of_a_class_are_passed_over():
    """Only its controller and that it has parameters matter."""
    parsed = parse_manifest(ingress_class(parameters={"kind": "Any", "name": "x", "scope": "Cluster"}))
    assert "Any" == parsed.resource.spec.parameters.kind
