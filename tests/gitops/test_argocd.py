"""Argo CD's own evaluator gives each state of our kinds the health that is promised, and reads our Applications."""

from __future__ import annotations

import copy
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/argocd"
SETTINGS = FOLDER / "argocd-cm.yaml"
EVALUATE = ("admin", "settings", "resource-overrides", "health")
NOT_SEEN = ("Progressing", "the operator has not seen this generation yet")


@pytest.fixture
def health(argocd, tmp_path):
    """`health(object)`: what Argo CD would show, and its message."""

    def health(one):
        path = tmp_path / "object.yaml"
        path.write_text(yaml.safe_dump(one))
        done = subprocess.run(
            [argocd / "argocd", *EVALUATE, path, "--argocd-cm-path", SETTINGS],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert 0 == done.returncode, done.stderr
        found = re.fullmatch(r"STATUS: (\w+)\nMESSAGE: (.*)\n", done.stdout, re.DOTALL)
        assert found, done.stdout
        return found[1], found[2]

    return health


def ready(one):
    return next(it for it in one["status"]["conditions"] if it["type"] == "Ready")


def test_a_state_has_the_health_that_is_promised(health, promised, told):
    """With the condition's message, which names the way out."""
    condition = ready(told)
    expected, _ = promised[condition["reason"]]
    assert (expected, condition["message"]) == health(told)


@pytest.mark.parametrize("kind", ["Service", "Route", "Consumer", "JWTCredential", "TokenIssuer", "JWTPolicy"])
@pytest.mark.parametrize("status", [None, {}, {"observedGeneration": 0}], ids=["none", "empty", "unseen"])
def test_an_object_without_a_status_is_progressing(health, kind, status):
    """An object without a status is Progressing, also where other CRDs fill in nothing."""
    one = {"apiVersion": "postern.dev/v1alpha1", "kind": kind, "metadata": {"name": "a", "generation": 1}}
    assert NOT_SEEN == health(one if status is None else {**one, "status": status})


def test_a_status_of_an_earlier_generation_counts_for_nothing(health, told):
    """What was just applied may be right where the last one was wrong, and the other way round."""
    later = copy.deepcopy(told)
    later["metadata"]["generation"] += 1
    assert NOT_SEEN == health(later)


def check(argocd, path):
    return subprocess.run([argocd / "argocd-check", path], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("name", ["postern", "team"])
def test_an_application_is_read_strictly(argocd, name):
    """By Argo CD's own types: a field that it does not know would be passed over in silence."""
    done = subprocess.run(
        [argocd / "argocd-check", FOLDER / f"{name}.yaml"], capture_output=True, text=True, check=False
    )
    assert (0, "") == (done.returncode, done.stderr)


def test_a_field_that_argo_cd_does_not_know_is_found(argocd, tmp_path):
    """Strict decoding finds a field that Argo CD does not know."""
    path = tmp_path / "wrong.yaml"
    path.write_text((FOLDER / "team.yaml").read_text().replace("selfHeal", "selfheel"))
    done = check(argocd, path)
    assert 1 == done.returncode
    assert "selfheel" in done.stderr
