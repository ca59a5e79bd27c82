"""Manifests, read for the commands that only look at them."""

from __future__ import annotations

import click
import pytest

import manifests
from postern_cli.load_folders import gateways_of, problems_of, read_folders, with_secrets
from postern_cli.sources import Source, Where
from postern_core.parse import parse_manifest
from postern_operator.local.grants_file import GrantsFile


def parsed(*documents):
    return [parse_manifest(it) for it in documents]


def test_a_path_that_is_not_there_is_a_mistake_of_usage(tmp_path):
    """Whoever asks gets to know which."""
    with pytest.raises(click.UsageError, match="nowhere"):
        read_folders([tmp_path / "nowhere"])


def test_a_state_folder_that_can_not_be_used_is_told(folder):
    """Without the secrets that it holds no answer would be right."""
    state = folder.path / ".postern"
    state.mkdir()
    (state / "secrets.json").write_text("no JSON, s3cret")
    with pytest.raises(click.ClickException, match="can't be read") as refused:
        with_secrets(parsed(manifests.credential(keys=[])), [folder.path], make=False)
    assert "s3cret" not in str(refused.value)


def test_the_gateways_are_those_that_services_name():
    """A broken Service counts too, and the default is always there."""
    objects = parsed(
        manifests.service("a", gateways=["inner"]), manifests.service("b", gateways=["outer"], hosts="no list")
    )
    assert ("default", "inner", "outer") == gateways_of(objects)


def test_a_problem_of_any_gateway_is_found_once():
    """A mistake behind another gateway than the default is one too."""
    guest = {"jwt": {"mode": "Optional", "anonymousConsumer": {"name": "nobody"}}}
    objects = parsed(manifests.service(gateways=["inner", "outer"], auth=guest), manifests.route())
    assert ["Route", "Service"] == [problem.ref.kind for problem in problems_of(objects)]


def test_the_folders_are_read_with_the_grants_that_they_are_served_by(folder):
    """Else the answer would be another than the one that `postern run` gives."""
    young = manifests.service(namespace="young", created="2031-01-01T00:00:00Z")
    old = manifests.service(namespace="old", created="2030-01-01T00:00:00Z")
    source = Source((folder.path,), None)
    GrantsFile(folder.path / ".postern", "default").keep(manifests.compiled(young).grants)
    both = parsed(young, old)

    assert ["young"] == [it.ref.namespace for it in problems_of(both)]
    assert ["old"] == [it.ref.namespace for it in problems_of(both, source=source)]
    assert ["young"] == [it.ref.namespace for it in problems_of(both, source=Source((folder.path,), Where()))]
