"""The four definitions: what the kinds are called, and what `kubectl get` shows."""

from __future__ import annotations

import pytest

from postern_core.kinds import KINDS
from postern_operator.crds.definitions import definition, kind_schema


@pytest.mark.parametrize(
    ("kind", "plural", "short"),
    [
        ("Service", "services", "psvc"),
        ("Route", "routes", "prt"),
        ("Consumer", "consumers", "pcons"),
        ("JWTCredential", "jwtcredentials", "pjwt"),
    ],
)
def test_a_kind_has_its_names(kind, plural, short):
    """The names are part of users' habits and scripts."""
    made = definition(kind)
    names = made["spec"]["names"]
    assert (f"{plural}.postern.dev", [short], ["postern"]) == (
        made["metadata"]["name"], names["shortNames"], names["categories"],
    )  # fmt: skip


def paths_of(kind):
    version = definition(kind)["spec"]["versions"][0]
    return [column["jsonPath"] for column in version["additionalPrinterColumns"]] + [
        one["jsonPath"] for one in version.get("selectableFields", ())
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_shows_a_field_that_exists(kind):
    """A column without its field would be empty for ever."""
    for path in paths_of(kind):
        at = kind_schema(kind)
        for step in path.split("[")[0].strip(".").split("."):
            at = {} if path == ".metadata.creationTimestamp" else at["properties"][step]


@pytest.mark.parametrize("kind", KINDS)
def test_no_column_shows_a_key(kind):
    """Whoever may list objects reads columns over a shoulder."""
    assert [] == [path for path in paths_of(kind) if "publicKey" in path or "secretRef" in path]


def test_a_spec_may_be_left_out_where_nothing_in_it_is_required():
    """A Consumer is complete with a name."""
    assert "required" not in kind_schema("Consumer")
    assert ["spec"] == kind_schema("Service")["required"]
