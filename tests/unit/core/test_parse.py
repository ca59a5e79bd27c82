"""From a manifest to a typed resource."""

import pytest

from postern_core.parse import is_known, parse_manifest
from postern_core.problems import Reason
from postern_core.ref import Ref


def manifest(kind="Consumer", version="postern.dev/v1alpha1", **more):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, **more}


def test_a_namespace_defaults_to_default():
    """As `kubectl` reads a manifest without one."""
    assert Ref("Consumer", "default", "a") == parse_manifest(manifest()).ref


def test_kubernetes_own_service_is_another_kind_than_ours():
    """They share a name and nothing else."""
    assert "core/Service" == parse_manifest(manifest("Service", "v1")).ref.kind
    assert "Service" == parse_manifest(manifest("Service")).ref.kind


@pytest.mark.parametrize(
    ("kind", "version", "known"),
    [
        ("Route", "postern.dev/v1alpha1", True),
        ("Rout", "postern.dev/v1alpha1", True),
        ("Route", "postern.dev/v2", True),
        ("Secret", "v1", True),
        ("EndpointSlice", "discovery.k8s.io/v1", True),
        ("Deployment", "apps/v1", False),
        ("Service", "serving.knative.dev/v1", False),
    ],
)
def test_what_is_ours_or_referred_to_is_known(kind, version, known):
    """A mistake in our own group is known, so that it is reported and not passed over."""
    assert known == is_known(manifest(kind, version))


@pytest.mark.parametrize("kind", [[], {}, None, 1])
def test_a_kind_that_is_no_text_is_not_known(kind):
    """A list or a mapping in the place of a kind makes a foreign object, and raises nothing."""
    assert not is_known({"apiVersion": "v1", "kind": kind})


@pytest.mark.parametrize("metadata", [None, 3, {}, {"name": ""}, {"name": "A\r\nX: y"}, {"name": "a", "labels": 1}])
def test_metadata_that_cannot_be_used_is_a_problem(metadata):
    """A name goes into headers, so it must be one."""
    parsed = parse_manifest(manifest() | {"metadata": metadata})

    assert parsed.resource is None
    assert [Reason.INVALID] == [problem.reason for problem in parsed.problems]
    assert str(parsed.ref).isprintable()


def test_what_an_unusable_object_said_is_kept():
    """What it would have protected must be refused."""
    broken = manifest("Route", spec={"serviceRef": 1})

    assert broken == parse_manifest(broken).manifest


def test_a_secret_that_cannot_be_read_does_not_quote_its_values():
    """The message about an unreadable Secret quotes none of its values."""
    parsed = parse_manifest(manifest("Secret", "v1", data={"key": ["hunter2"]}))

    assert "hunter2" not in str(parsed.problems)


def test_a_field_beside_spec_is_a_mistake():
    """What stands there would be lost in the cluster."""
    assert ["extra"] == [problem.field for problem in parse_manifest(manifest(extra=1)).problems]
