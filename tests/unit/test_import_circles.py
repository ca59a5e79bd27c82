"""No module imports, by way of others, itself; what is imported for types alone counts."""

from __future__ import annotations

import graphlib

import grimp

PACKAGES = ("postern_core", "postern_kit", "postern_operator", "postern_dataplane", "postern_cli", "postern_console")


def circle_in(graph):
    """One circle of imports, as a list of modules; empty without one."""
    sorter = graphlib.TopologicalSorter(graph)
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def imports():
    """What each module imports, that of packages by their modules too."""
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=False, cache_dir=None)
    return {module: set(graph.find_modules_directly_imported_by(module)) for module in sorted(graph.modules)}


def test_a_circle_is_found():
    """The check reports the modules of a circle, and nothing where there is none."""
    assert {"a", "b"} == set(circle_in({"a": {"b"}, "b": {"a"}, "c": {"a"}}))
    assert [] == circle_in({"a": {"b"}, "b": set()})


def test_no_module_is_in_a_circle_of_imports():
    """The imports of the whole repository go one way."""
    assert [] == circle_in(imports())
