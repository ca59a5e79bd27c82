"""The command line and the environment of the operator, and what they refuse."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from postern_core.link.shares import Share
from postern_core.snapshot_listeners import Listener
from postern_core.special_addresses import AllowedAddresses, SpecialUse
from postern_kit import pod
from postern_kit.addresses import Address
from postern_operator.cluster.settings import Gateway, GatewayListener, Settings, read_settings

LISTENER = Listener("Listener/default/a", "HTTP", 80, 10080)


@pytest.fixture
def read(monkeypatch):
    """Read options and an environment."""

    def read(*options, **environment):
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(f"POSTERN_OPERATOR_{name}", value)
            return read_settings(options)

    return read


def test_the_defaults_are_the_settings_own(read):
    """Outside of a pod, with no option at all."""
    assert Settings() == read()


@pytest.mark.parametrize(
    ("option", "text", "name", "value"),
    [
        ("--gateway", "a=b", "gateways", (Gateway("a", "b"),)),
        ("--gateway", "a=b, c=d", "gateways", (Gateway("a", "b"), Gateway("c", "d"))),
        ("--listener", "default/a=http://*:80", "listeners", (GatewayListener("default", LISTENER),)),
        ("--namespace", "a", "namespaces", ("a",)),
        ("--require-policy", "default", "require_policy", ("default",)),
        ("--namespace-share", "routes=5,bytes=6", "share", Share(routes=5, size_bytes=6)),
        ("--kubeconfig", "/k", "kubeconfig", "/k"),
        ("--lease-namespace", "l", "lease_namespace", "l"),
        ("--admin", "[::]:80", "admin", Address("::", 80)),
        ("--fetch-deny", "10.0.0.0/8, fd00::/8", "fetch_deny", (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))),
        ("--fetch-hosts", "login.example.com,*.example.org", "fetch_hosts", ("login.example.com", "*.example.org")),
        ("--fetch-allow", "own", "fetch_allow", AllowedAddresses(frozenset({SpecialUse.OWN}))),
    ],
)
def test_a_setting_is_read_from_an_option_or_the_environment(read, option, text, name, value):
    """Both are read alike."""
    assert value == getattr(read(option, text), name)
    assert value == getattr(read(**{option[2:].replace("-", "_").upper(): text}), name)


def test_an_option_counts_before_the_environment(read):
    """Whoever types it means it."""
    assert ("a",) == read("--namespace", "a", NAMESPACE="b").namespaces


def test_an_option_may_be_repeated(read):
    """Each occurrence adds."""
    assert ("a", "b") == read("--namespace", "a", "--namespace", "b").namespaces


@pytest.mark.parametrize(
    ("options", "environment", "message"),
    [
        (["--gateway", "a"], {}, "is not NAME=NAMESPACE"),
        (["--gateway", "a=b", "--gateway", "c=b"], {}, "the namespace 'b' is given twice"),
        (["--gateway", "a=b", "--gateway", "a=c"], {}, "the name 'a' is given twice"),
        (["--require-policy", "public"], {}, "there is no gateway 'public'; name one of --gateway"),
        (["--namespace", "A"], {}, "is not a name of Kubernetes"),
        (["--listener", "a=http://*:80"], {}, "is not GATEWAY/NAME=URL"),
        (["--listener", "default/a=80"], {}, "is not a listener such as"),
        (["--listener", "b/a=http://*:80"], {}, "b/a is of no gateway"),
        (["--listener", "default/a=http://*:80,default/a=http://*:81"], {}, "'a' is given twice"),
        (["--admin", "80"], {}, "is not HOST:PORT"),
        (["--fetch-deny", "10.0.0.1/8"], {}, "has host bits set"),
        (["--fetch-hosts", "https://a/"], {}, "is not a host or a pattern of hosts"),
        (["--fetch-allow", "all"], {}, "is neither one of metadata"),
        ([], {"ADMIN": "80"}, "POSTERN_OPERATOR_ADMIN: '80' is not HOST:PORT"),
    ],
)
def test_a_mistake_ends_with_the_usage(read, options, environment, message, capsys):
    """Status 2, and what is wrong."""
    with pytest.raises(SystemExit) as ended:
        read(*options, **environment)
    assert 2 == ended.value.code
    assert message in capsys.readouterr().err


def test_help_has_examples(read, capsys):
    """Somebody who asks for help sees what to type."""
    with pytest.raises(SystemExit):
        read("--help")
    assert "--gateway public=edge" in capsys.readouterr().out


def test_in_a_pod_the_lease_is_beside_it(read, tmp_path, monkeypatch):
    """The service account says where we are."""
    (tmp_path / "namespace").write_text("ours\n")
    monkeypatch.setattr(pod, "NAMESPACE_FILE", tmp_path / "namespace")
    assert "ours" == read().lease_namespace
