"""The command line and the environment of the operator, and what they refuse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from postern_core.link.shares import Share
from postern_kit.addresses import Address
from postern_operator.cluster import settings
from postern_operator.cluster.settings import Gateway, Settings, read_settings

PAGE = Path(__file__).parents[4] / "docs/reference/operator.md"


def read(*options, **environment):
    return read_settings(options, {f"POSTERN_OPERATOR_{name}": value for name, value in environment.items()})


def test_the_defaults_are_the_settings_own():
    """Outside of a pod, with no option at all."""
    assert Settings() == read()


@pytest.mark.parametrize(
    ("option", "variable", "text", "name", "value"),
    [
        ("--gateway", "GATEWAY", "a=b", "gateways", (Gateway("a", "b"),)),
        ("--gateway", "GATEWAY", "a=b, c=d", "gateways", (Gateway("a", "b"), Gateway("c", "d"))),
        ("--namespace", "NAMESPACE", "a", "namespaces", ("a",)),
        ("--namespace-share", "NAMESPACE_SHARE", "routes=5,bytes=6", "share", Share(routes=5, size_bytes=6)),
        ("--kubeconfig", "KUBECONFIG", "/k", "kubeconfig", "/k"),
        ("--lease-namespace", "LEASE_NAMESPACE", "l", "lease_namespace", "l"),
        ("--admin", "ADMIN", "[::]:80", "admin", Address("::", 80)),
    ],
)
def test_a_setting_is_read_from_an_option_or_the_environment(option, variable, text, name, value):
    """Both are read alike, and the page has both."""
    assert value == getattr(read(option, text), name)
    assert value == getattr(read(**{variable: text}), name)
    assert {f"`{option}", f"`POSTERN_OPERATOR_{variable}`"} <= set(re.findall(r"`[-A-Z_a-z]+`?", PAGE.read_text()))


def test_an_option_counts_before_the_environment():
    """Whoever types it means it."""
    assert ("a",) == read("--namespace", "a", NAMESPACE="b").namespaces


def test_an_option_may_be_repeated():
    """Each occurrence adds."""
    assert ("a", "b") == read("--namespace", "a", "--namespace", "b").namespaces


@pytest.mark.parametrize(
    ("options", "environment", "message"),
    [
        (["--gateway", "a"], {}, "is not NAME=NAMESPACE"),
        (["--gateway", "a=b", "--gateway", "c=b"], {}, "the namespace 'b' is given twice"),
        (["--gateway", "a=b", "--gateway", "a=c"], {}, "the name 'a' is given twice"),
        (["--namespace", "A"], {}, "is not a name of Kubernetes"),
        (["--admin", "80"], {}, "is not HOST:PORT"),
        ([], {"ADMIN": "80"}, "POSTERN_OPERATOR_ADMIN: '80' is not HOST:PORT"),
    ],
)
def test_a_mistake_ends_with_the_usage(options, environment, message, capsys):
    """Status 2, and what is wrong."""
    with pytest.raises(SystemExit) as ended:
        read(*options, **environment)
    assert 2 == ended.value.code
    assert message in capsys.readouterr().err


def test_help_has_examples(capsys):
    """Somebody who asks for help sees what to type."""
    with pytest.raises(SystemExit):
        read("--help")
    assert "--gateway public=edge" in capsys.readouterr().out


def test_in_a_pod_the_lease_is_beside_it(tmp_path, monkeypatch):
    """The service account says where we are."""
    (tmp_path / "namespace").write_text("ours\n")
    monkeypatch.setattr(settings, "POD_NAMESPACE", tmp_path / "namespace")
    assert "ours" == read().lease_namespace
