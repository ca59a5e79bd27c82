"""To whom an object belongs, and what of it."""

from __future__ import annotations

import pytest

import manifests
from postern_console.cluster.ownership import (
    fields_of_spec,
    newly_owned,
    owners_of,
    removed_fields,
    tool_of,
    unlike_fields,
    with_spec_of,
)


def entry(manager, fields, operation="Update", **rest):
    return {"manager": manager, "operation": operation, "apiVersion": "v", "fieldsV1": fields, **rest}


def owned(*entries, labels=None, annotations=None, owners=()):
    manifest = manifests.consumer(groups=["a"])
    given = {"managedFields": list(entries), "labels": labels, "annotations": annotations, "ownerReferences": owners}
    return {**manifest, "metadata": {**manifest["metadata"], **{name: it for name, it in given.items() if it}}}


SPEC = {"f:spec": {".": {}, "f:groups": {".": {}, 'v:"a"': {}}, "f:customID": {}}}


@pytest.mark.parametrize(
    ("given", "tool"),
    [
        ({}, ""),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, "Helm"),
        ({"labels": {"app.kubernetes.io/managed-by": "postern"}}, ""),
        ({"annotations": {"meta.helm.sh/release-name": "shop"}}, "Helm (release shop)"),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "shop:postern.dev/Consumer:demo/a"}},
         "Argo CD (application shop)"),
        ({"labels": {"argocd.argoproj.io/instance": "shop"}}, "Argo CD (application shop)"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}, "Flux (Kustomization apps)"),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "apps"}}, "Flux (HelmRelease apps)"),
        ({"owners": [{"kind": "Shop", "name": "a", "controller": True}]}, "Shop a"),
        ({"owners": [{"kind": "Shop", "name": "a"}]}, ""),
    ],
)  # fmt: skip
def test_an_object_that_a_tool_keeps_names_it(given, tool):
    """Labels, annotations and an owner that controls it each say so."""
    assert tool == tool_of(owned(**given))


def test_a_manager_of_the_spec_is_a_tool():
    """The manager counts where it owns the spec, and not where it has a label or a status alone."""
    assert "Argo CD" == tool_of(owned(entry("kubectl", SPEC), entry("argocd-controller", SPEC)))
    assert "" == tool_of(owned(entry("argocd-controller", {"f:metadata": {}})))
    assert "" == tool_of(owned(entry("helm", SPEC, subresource="status")))


def test_a_field_has_owners():
    """An owner of a field is one of what is below it and of what is above it, too."""
    manifest = owned(entry("kubectl", SPEC), entry("mine", SPEC), entry("x", {"f:spec": {"f:customID": {}}}))
    assert ["kubectl"] == owners_of(manifest, ("groups",), "mine")
    assert ["kubectl", "x"] == owners_of(manifest, ("customID",), "mine")
    assert [] == owners_of(manifest, ("other",), "mine")


def test_a_spec_is_taken_over_whole():
    """Others keep what they own beside it, and the status stays with the operator."""
    status = entry("postern", {"f:status": {}}, subresource="status")
    manifest = owned(
        entry("kubectl", {"f:metadata": {"f:labels": {}}, **SPEC}),
        entry("mine", {"f:spec": {"f:x": {}}}, "Apply"),
        status,
        entry("only", SPEC),
    )
    kubectl, kept, mine = with_spec_of(manifest, "mine")
    assert ({"f:metadata": {"f:labels": {}}}, status) == (kubectl["fieldsV1"], kept)
    assert ("mine", "Apply", manifest["apiVersion"]) == (mine["manager"], mine["operation"], mine["apiVersion"])
    assert {"f:spec": {**SPEC["f:spec"], "f:x": {}}} == mine["fieldsV1"]


def test_fields_that_come_out_otherwise_than_they_were_meant():
    """A default that takes the place of a field is none of them."""
    old = {"a": 1, "b": {"c": 1, "d": 2}, "e": [1, 2], "f": 5, "i": {"j": 1}, "k": 1}
    new = {"b": {"c": 3}, "e": [2], "g": 1, "i": {}, "k": 1}
    result = {"a": 1, "b": {"c": 3, "d": 2}, "e": [1, 2], "f": 0, "g": 1, "h": 7, "i": None}
    assert [("a",), ("b", "d"), ("e",), ("i",), ("k",)] == list(unlike_fields(old, new, result))
    assert [] == list(unlike_fields(old, new, new))


def test_fields_that_are_removed():
    """A block is one field where all of it goes."""
    old = {"a": 1, "b": {"c": 1, "d": 2}, "e": {"f": 1}}
    assert [("b", "c"), ("e",)] == list(removed_fields(old, {"a": 2, "b": {"d": 2}}))


def test_what_a_tool_writes_of_itself_is_one_short_line():
    """An annotation is the tenant's, and may hold line breaks and a megabyte."""
    named = tool_of(owned(annotations={"meta.helm.sh/release-name": "a\r\nb" + "x" * 5000}))
    assert ("Helm (release a??b", True) == (named[:18], len(named) < 150)


def test_only_what_changes_is_applied_beside_what_is_owned_already():
    """A field that is as it was stays with its owners alone."""
    old = {"a": 1, "b": {"c": 1, "d": 2}, "e": [1], "f": 5, "g": {"h": 1}}
    new = {"a": 1, "b": {"c": 3, "d": 2}, "e": [1, 2], "f": 5, "g": {"h": 1}, "i": {}}
    assert {"b": {"c": 3}, "e": [1, 2], "f": 5, "i": {}} == newly_owned(new, old, {"f:f": {}, "f:x": {}})
    assert {"g": {"h": 1}} == newly_owned(old, old, {"f:g": {"f:h": {}}})
    assert {"g": {}} == newly_owned({**old, "g": {}}, old, {"f:g": {"f:h": {}}})
    assert {"g": {}} == newly_owned({**old, "g": {}}, old, {})


def test_a_manager_s_fields_are_those_that_it_has_applied():
    """An update under the same name is another set of fields."""
    manifest = owned(
        entry("mine", SPEC), entry("mine", {"f:spec": {"f:x": {}}}, "Apply"), entry("kubectl", SPEC, "Apply")
    )
    assert ({"f:x": {}}, {}) == (fields_of_spec(manifest, "mine"), fields_of_spec(manifest, "other"))
