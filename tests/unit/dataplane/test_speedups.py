"""When the compiled code is used, and what it is handed."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError
from types import ModuleType, SimpleNamespace

import pytest

from postern_dataplane import speedups
from postern_dataplane.http1 import date, head_readers, plain_head, response_head


@pytest.fixture
def versions(monkeypatch):
    """The versions of the distributions that are installed, and a stand-in for the compiled code."""
    found = {"postern-gateway": "1.2.3", "postern-gateway-speedups": "1.2.3"}

    def version(name):
        if name not in found:
            raise PackageNotFoundError(name)
        return found[name]

    for name in ("postern_speedups", "postern_speedups.heads"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setattr(speedups, "version", version)
    return found


def test_compiled_code_of_the_same_version_is_used(versions):
    """It is there, so it is wanted."""
    assert sys.modules["postern_speedups.heads"] is speedups.installed({})


def test_a_variable_switches_it_off(versions):
    """Without installing anything else."""
    assert speedups.installed({"POSTERN_NO_SPEEDUPS": "1"}) is None
    assert speedups.installed({"POSTERN_NO_SPEEDUPS": ""}) is not None


def test_another_version_is_left_alone(versions):
    """It may want to be handed something else."""
    versions["postern-gateway-speedups"] = "1.2.2"
    assert speedups.installed({}) is None


@pytest.mark.parametrize("name", ["postern-gateway", "postern-gateway-speedups"])
def test_without_it_python_does_the_same(versions, name):
    """What is not installed, as a source tree may be, has no version to compare."""
    del versions[name]
    assert speedups.installed({}) is None


def test_what_can_not_be_loaded_is_not_there(versions, monkeypatch):
    """An extension of another Python raises an `ImportError`."""
    monkeypatch.setitem(sys.modules, "postern_speedups.heads", None)
    assert speedups.installed({}) is None


def test_the_rules_are_those_of_the_functions_in_python():
    """There is no second list of names that end here, or of methods."""
    handed = {}

    class PlainHeads:
        def __init__(self, **rules):
            handed.update(rules)

        read = "read_plain_head"

    class Responses:
        def __init__(self, **rules):
            handed.update(rules)

        read = "read_response"

    heads = SimpleNamespace(PlainHeads=PlainHeads, Responses=Responses)
    assert "read_plain_head" == head_readers.compiled_plain_heads(heads)
    assert "read_response" == head_readers.compiled_responses(heads)
    assert plain_head.METHODS is handed["methods"]
    assert (response_head.READ_HERE, response_head.read_response) == (handed["read_here"], handed["otherwise"])


def test_the_date_is_that_of_the_function_in_python(monkeypatch):
    """Both write the same in the same second."""
    handed = {}
    heads = SimpleNamespace(Responses=lambda **rules: SimpleNamespace(read=handed.update(rules)))
    head_readers.compiled_responses(heads)
    monkeypatch.setattr(date, "http_date", lambda: b"now")
    assert b"now" == handed["date"]()
