"""To whom an object belongs, and what of it."""

from __future__ import annotations

import pytest

import manifests
from postern_console.cluster.ownership import kept_fields, owners_of, tool_of, with_spec_of


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


def test_fields_that_stay_although_they_were_removed():
    """A default that takes the place of a field is none of them."""
    old = {"a": 1, "b": {"c": 1, "d": 2}, "e": [1, 2], "f": 5}
    new = {"b": {"c": 3}, "e": [2], "g": 1}
    result = {"a": 1, "b": {"c": 3, "d": 2}, "e": [1, 2], "f": 0, "g": 1, "h": 7}
    assert [("a",), ("b", "d"), ("e",)] == list(kept_fields(old, new, result))
    assert [] == list(kept_fields(old, new, new))
