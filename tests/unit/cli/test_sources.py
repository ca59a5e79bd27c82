"""Where objects come from: what the options mean together."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from postern_cli.sources import Source, Where, source_of


def test_folders_alone_need_no_cluster():
    """As ever."""
    assert Source((Path("a"),), None) == source_of((Path("a"),), Where(), is_cluster=False)


def test_a_cluster_may_have_folders_over_it():
    """A cluster may be read with folders over it, or with none."""
    where = Where(context="here")
    assert Source((Path("a"),), where) == source_of((Path("a"),), where, is_cluster=True)
    assert Source((), where) == source_of((), where, is_cluster=True)


def test_there_must_be_one_of_the_two():
    """Nothing to look at is a mistake of usage."""
    with pytest.raises(click.UsageError, match="or give --cluster"):
        source_of((), Where(), is_cluster=False)


@pytest.mark.parametrize("name", ["context", "kubeconfig", "namespace"])
def test_naming_a_cluster_without_wanting_one_is_a_mistake(name):
    """Otherwise the folder would be taken for what is there."""
    with pytest.raises(click.UsageError, match=f"--{name} says which cluster is meant"):
        source_of((Path("a"),), Where(**{name: "x"}), is_cluster=False)
