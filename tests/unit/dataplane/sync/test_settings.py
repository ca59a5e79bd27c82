"""The command line of the sidecar, and its environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from postern_dataplane.sync.settings import SyncSettings, read_settings
from postern_kit import pod
from postern_kit.addresses import Address

REQUIRED = ["--config", "/snapshots", "--namespace", "gateways"]


@pytest.fixture
def read(monkeypatch):
    """Read options and an environment, by default outside of a pod."""

    def read(*options, environment=None, file=Path("/nowhere")):
        with monkeypatch.context() as patch:
            patch.setattr(pod, "NAMESPACE_FILE", file)
            for name, value in (environment or {}).items():
                patch.setenv(name, value)
            return read_settings(options)

    return read


def test_the_defaults_are_the_settings_own(read):
    """The command line adds none of its own."""
    assert SyncSettings(config="/snapshots", namespace="gateways") == read(*REQUIRED)


@pytest.mark.parametrize(
    ("option", "text", "name", "value"),
    [
        ("--config", "/a", "config", "/a"),
        ("--namespace", "a", "namespace", "a"),
        ("--gateway", "a", "gateway", "a"),
        ("--kubeconfig", "/a", "kubeconfig", "/a"),
        ("--health", "127.0.0.1:80", "health", Address("127.0.0.1", 80)),
    ],
)
def test_an_option_or_a_variable_sets_its_setting(read, option, text, name, value):
    """The option counts more, and an empty variable does not count."""
    variable = f"POSTERN_{name.upper()}"
    assert value == getattr(read(*REQUIRED, option, text, environment={variable: "other:1"}), name)
    others = [one for one in zip(REQUIRED[::2], REQUIRED[1::2], strict=True) if one[0] != option]
    others = [word for pair in others for word in pair]
    assert value == getattr(read(*others, environment={variable: text}), name)
    assert read(*REQUIRED) == read(*REQUIRED, environment={variable: ""})


def test_the_namespace_is_the_pod_s_own(read, tmp_path):
    """Unless another one is named."""
    (tmp_path / "namespace").write_text("gateways\n")
    assert "gateways" == read("--config", "/", file=tmp_path / "namespace").namespace
    assert "other" == read("--config", "/", "--namespace", "other", file=tmp_path / "namespace").namespace


@pytest.mark.parametrize(
    ("options", "environment", "said"),
    [
        (["--namespace", "a"], {}, "Missing option '--config'"),
        (["--config", "/"], {}, "--namespace is required"),
        ([*REQUIRED, "--health", "80"], {}, "is not HOST:PORT"),
        (REQUIRED, {"POSTERN_HEALTH": "80"}, "POSTERN_HEALTH: '80' is not HOST:PORT"),
    ],
)
def test_a_mistake_is_explained(read, options, environment, said, capsys):
    """Status 2 and a sentence, as every command line does it."""
    with pytest.raises(SystemExit) as ended:
        read(*options, environment=environment)
    assert (2, True) == (ended.value.code, said in capsys.readouterr().err)
