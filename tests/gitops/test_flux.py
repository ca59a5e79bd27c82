"""kstatus, by which Flux waits, takes each state of our kinds for what is promised."""

from __future__ import annotations

import copy
import json
import subprocess

import pytest
import yaml


@pytest.fixture
def status(kstatus):
    """`status(object)`: Current, InProgress or Failed, and the message."""

    def status(one):
        done = subprocess.run(
            [kstatus], input=yaml.safe_dump(one), capture_output=True, text=True, check=False, timeout=60
        )
        assert 0 == done.returncode, done.stderr
        found = json.loads(done.stdout)
        return found["status"], found["message"]

    return status


def ready(one):
    return next(it for it in one["status"]["conditions"] if it["type"] == "Ready")


def test_a_state_is_what_is_promised(status, promised, told):
    """With the condition's message, unless all is well."""
    condition = ready(told)
    _, expected = promised[condition["reason"]]
    assert (expected, condition["message"] or "Resource is Ready") == status(told)


def test_what_the_operator_has_not_seen_is_in_progress(status):
    """With the status that the CRDs give to a new object; without one kstatus would take it for Current."""
    new = {"apiVersion": "postern.dev/v1alpha1", "kind": "Route", "metadata": {"name": "a", "generation": 1}}
    assert "InProgress" == status({**new, "status": {"observedGeneration": 0}})[0]
    assert "Current" == status(new)[0]


def test_a_status_of_an_earlier_generation_is_in_progress(status, told):
    """A status of an earlier generation is InProgress, also when it was Failed: the edit may have fixed it."""
    later = copy.deepcopy(told)
    later["metadata"]["generation"] += 1
    assert "InProgress" == status(later)[0]
