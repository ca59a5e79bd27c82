"""The values: each is described, typed and used; what isn't one of them is refused."""

from __future__ import annotations

import importlib.util
import json
import re
import sys

import pytest
import yaml

from helm_chart import CASES, CHART, ROOT


def module_of(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build_chart = module_of(ROOT / "helm" / "build_chart.py")
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())
README = (CHART / "README.md").read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
GOLDEN = [yaml.safe_load((case / "values.yaml").read_text()) for case in CASES]


def objects_in(schema, path=""):
    """All schemas of objects, with their places."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield path, schema
        for key, part in schema.items():
            yield from objects_in(part, f"{path}/{key}")
    elif isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from objects_in(part, f"{path}/{number}")


def leaves(schema, path=()):
    """What can be set: the paths of all values that aren't groups."""
    for name, part in schema["properties"].items():
        if part.get("properties") and "description" in next(iter(part["properties"].values())):
            yield from leaves(part, (*path, name))
        elif name != "global":
            yield (*path, name)


def get(values, path):
    for name in path:
        values = values[name]
    return values


def found(values, path):
    """What values say of this one; a default of gateways also as a gateway's own."""
    places = [values]
    if path[0] == "gatewayDefaults":
        gateways = [one for one in (values.get("gateways") or {}).values() if one]
        places, path = [values.get("gatewayDefaults") or {}, *gateways], path[1:]
    for place in places:
        try:
            yield get(place, path)
        except KeyError:
            continue


LEAVES = list(leaves(SCHEMA))
GROUPS = sorted({path[:-1] for path in LEAVES} | {("gateways", "default")})


def test_both_generated_files_are_fresh():
    """`make docs` would write what is there."""
    assert build_chart.schema_text() == (CHART / "values.schema.json").read_text()
    assert build_chart.readme_text() == (CHART / "README.md").read_text()


def test_all_leaves_are_found():
    """The walk over values finds leaves at every depth."""
    assert {("image", "tag"), ("gatewayDefaults", "service", "type"), ("gatewayDefaults", "sync", "resources")} < {
        *LEAVES
    }


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_a_value_is_described(path):
    """In the schema, where an editor shows it, and in the README; and it has a default."""
    schema = SCHEMA
    for name in path:
        schema = schema["properties"][name]
    assert schema["description"].endswith(".")
    assert f"| `{'.'.join(path)}` |" in README
    get(DEFAULTS, path)


def test_an_object_refuses_what_it_does_not_know():
    """All but maps from names to values of one type, and what Kubernetes defines and the API server checks."""
    lax = [
        path
        for path, schema in objects_in(SCHEMA)
        if "properties" in schema and schema.get("additionalProperties") is not False
    ]
    assert [] == lax


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_a_golden_case_sets_it(path):
    """To something else than its default, so that each has an effect that somebody has read."""
    default = get(DEFAULTS, path)
    assert [one for values in GOLDEN for one in found(values, path) if one != default]


@pytest.mark.parametrize("block", EXAMPLES)
def test_an_example_of_the_readme_renders(helm, block):
    """What it shows as values are some."""
    done = helm.template(block)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("group", GROUPS, ids=lambda path: ".".join(path) or "top")
def test_an_unknown_value_is_refused(helm, group):
    """A slip of the pen is told, wherever it is."""
    values = {"unknown": 1}
    for name in reversed(group):
        values = {name: values}
    done = helm.template(values)
    assert done.returncode == 1
    assert f"at '{''.join(f'/{name}' for name in group)}': additional properties 'unknown' not allowed" in done.stderr
