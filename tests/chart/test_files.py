"""What the chart repeats of other files is what they say."""

from __future__ import annotations

import json
import re
import tomllib

import yaml

from helm_chart import CHART, NAMESPACE, ROOT, only

RIGHTS = ROOT / "deploy" / "rbac"


def documents(path):
    return list(yaml.safe_load_all(path.read_text()))


def rules(objects, kind, name):
    """As they would be compared by the API server: in no order."""
    return sorted(json.dumps(rule, sort_keys=True) for rule in flat(only(objects, kind, name)["rules"]))


def flat(given):
    """A rule for each resource, so that it doesn't matter how they are grouped."""
    for rule in given:
        for resource in rule["resources"]:
            yield rule | {"resources": [resource], "verbs": sorted(rule["verbs"])}


def test_the_kinds_are_those_of_the_models():
    """`make crds` writes both."""
    expected = {path.name: path.read_text() for path in (ROOT / "crds").iterdir()}
    assert expected == {path.name: path.read_text() for path in (CHART / "files/crds").iterdir()}


def test_the_kinds_are_rendered_whole_and_kept(helm):
    """With the chart's metadata, and else as they are."""
    rendered = {it["metadata"]["name"]: it for it in helm.objects() if it["kind"] == "CustomResourceDefinition"}
    for path in (ROOT / "crds").iterdir():
        expected = yaml.safe_load(path.read_text())
        metadata = rendered[expected["metadata"]["name"]].pop("metadata")
        assert metadata["annotations"] == {"helm.sh/resource-policy": "keep"}
        assert expected.pop("metadata")["name"] == metadata["name"]
        assert expected == rendered[metadata["name"]]


def test_the_version_is_the_project_s():
    """The chart, its image and the wheel are released together."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert [version] * 2 == [chart["version"], chart["appVersion"]]


def test_the_operator_s_rights_are_those_of_the_manifests(helm):
    """What is tested with deploy/rbac holds for the chart too."""
    ours, objects = documents(RIGHTS / "operator.yaml"), helm.objects()
    assert rules(ours, "ClusterRole", "postern-operator") == rules(objects, "ClusterRole", "postern-operator")
    assert rules(ours, "Role", "postern-operator") == rules(objects, "Role", "postern-operator")


def test_the_rights_on_ingresses_are_those_of_the_manifests(helm):
    """None without them, and in some namespaces the same in each."""
    ours, name = documents(RIGHTS / "ingress.yaml"), "postern-operator-ingress"
    assert name not in {it["metadata"]["name"] for it in helm.objects()}
    everywhere = helm.objects({"ingress": {"enabled": True}})
    assert rules(ours, "ClusterRole", name) == rules(everywhere, "ClusterRole", name)
    assert only(ours, "IngressClass", "postern")["spec"] == only(everywhere, "IngressClass", "postern")["spec"]
    some = helm.objects({"ingress": {"enabled": True}, "watchNamespaces": ["a"]})
    # Named by the release: several, each for namespaces of its own, stand beside each other.
    split = [*rules(some, "ClusterRole", f"{name}-{NAMESPACE}"), *rules(some, "Role", name)]
    assert rules(ours, "ClusterRole", name) == sorted(split)


def test_what_is_bound_in_a_gateway_s_namespace(helm):
    """The rights to publish are those of the manifests; pods are found there also by who reads nothing elsewhere."""
    expected = rules(documents(RIGHTS / "operator.yaml"), "ClusterRole", "postern-operator-publishing")
    actual = rules(helm.objects(), "Role", "postern-operator-publishing")
    assert [rule for rule in actual if "endpointslices" not in rule] == expected
    assert len(actual) == len(expected) + 1


def test_the_sidecar_s_rights_are_those_of_the_manifests(helm):
    """In a gateway's namespace."""
    assert rules(documents(RIGHTS / "sync.yaml"), "Role", "postern-sync") == rules(
        helm.objects(), "Role", "postern-sync"
    )


def test_watching_some_namespaces_takes_the_same_rights_in_each(helm):
    """With some namespaces the rights are the same in each, but the one to read Namespaces, which is cluster-wide."""
    objects = helm.objects({"watchNamespaces": ["a"]})
    everywhere = rules(documents(RIGHTS / "operator.yaml"), "ClusterRole", "postern-operator")
    actual = rules(objects, "Role", "postern-operator-watching")
    assert [rule for rule in everywhere if '"namespaces"' not in rule] == actual
    assert [] == [it["metadata"]["name"] for it in objects if it["kind"] in ("ClusterRole", "ClusterRoleBinding")]


def test_the_dashboard_asks_for_metrics_that_there_are():
    """Each name is one of the reference's."""
    dashboard = json.loads((CHART / "dashboards/postern.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    names = {re.sub("_bucket$", "", name) for one in asked for name in re.findall("postern_[a-z_]+", one)}
    pages = "".join((ROOT / "docs/reference" / page).read_text() for page in ("metrics.md", "operator.md"))
    assert len(asked) > 20
    assert set() == names - set(re.findall("^[|] `(postern_[a-z_]+)`", pages, re.MULTILINE))
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
