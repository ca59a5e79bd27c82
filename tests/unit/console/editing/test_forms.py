"""The form of each kind."""

from __future__ import annotations

import pytest
import yaml

import manifests
from postern_console.editing.forms import (
    FORMS,
    MODE,
    fields_for,
    fit_to_show,
    manifest_of,
    spec_of_form,
    values_for,
)
from postern_core.parse import parse_manifest

ROOT_SPECS = [
    manifests.service(auth={"jwt": {"mode": "Optional", "from": [{"header": "X-T", "scheme": "Token"}]}}),
    manifests.service(upstream={"service": {"name": "web", "port": 80}}, cors={"allowOrigins": ["*"]}),
    manifests.route(paths=[{"type": "Prefix", "value": "/a"}], headers=[{"name": "X", "value": " y"}]),
    manifests.route(auth={"jwt": {}}, queryParams=[{"name": "a", "value": "b"}]),
    manifests.route(auth={"jwt": {"allow": {"claims": [{"name": "a", "anyOf": ["b"]}], "groups": ["g"]}}}),
    manifests.consumer(groups=["a", "b"], customID="42"),
    manifests.credential(),
    manifests.credential(keys=[]),
    manifests.manifest("JWTCredential", "sso", {"consumerRef": {"name": "a"}, "issuerRef": {"name": "b"}, "key": "x"}),
    manifests.credential(keys=[{"id": "a", "secretRef": {"name": "s", "key": "k"}}] * 2),
    manifests.credential(algorithm="ES256", keys=[{"publicKeyRef": {"name": "s", "key": "k"}}]),
]


@pytest.mark.parametrize("manifest", ROOT_SPECS, ids=yaml.safe_dump)
def test_a_form_that_is_sent_as_it_came_changes_nothing(manifest):
    """What the form does not cover stays, whatever it is."""
    spec = manifest["spec"]
    changed = spec_of_form(manifest["kind"], spec, values_for(manifest["kind"], spec))
    assert {k: v for k, v in spec.items() if v != []} == {k: v for k, v in changed.items() if v != []}


def made(kind, spec=None, **typed):
    """The spec that a form makes where these inputs are changed."""
    spec = spec or {}
    return spec_of_form(
        kind, spec, values_for(kind, spec) | {name.replace("__", "."): it for name, it in typed.items()}
    )


def test_a_service_is_made():
    """As in the walkthrough; the result is one that the compiler takes."""
    spec = made("Service", hosts="auth.httpbin.org", pathPrefix="/v1", upstream__url="http://127.0.0.1:8480")
    assert {"hosts": ["auth.httpbin.org"], "pathPrefix": "/v1", "upstream": {"url": "http://127.0.0.1:8480"}} == spec
    assert () == parse_manifest(manifest_of("Service", "demo", "app", spec)).problems


def test_an_upstream_may_be_a_service_of_kubernetes():
    """A port is a number or a name."""
    spec = made("Service", upstream__service__name="web", upstream__service__port="80")
    assert {"upstream": {"service": {"name": "web", "port": 80}}} == spec
    assert "http" == made("Service", upstream__service__port="http")["upstream"]["service"]["port"]


def test_authentication_is_an_empty_block_by_default():
    """Tokens are looked for in the usual places, which need not be written."""
    assert {"jwt": {}} == made("Route", auth__jwt__mode="Required")["auth"]
    assert {"jwt": {"mode": "Disabled"}} == made("Route", auth__jwt__mode="Disabled")["auth"]


def test_places_of_a_token_are_in_order():
    """A scheme is written where there is one."""
    rows = [{"place": "cookie", "name": "t", "scheme": ""}, {"place": "header", "name": "X", "scheme": "Token"}]
    spec = made("Route", **{".".join(MODE): "Required", "auth.jwt.from": rows})
    assert [{"cookie": "t"}, {"header": "X", "scheme": "Token"}] == spec["auth"]["jwt"]["from"]


def test_what_its_service_says_removes_the_section_of_a_route():
    """The whole of it, for nothing is inherited beside a section of its own."""
    assert {} == made("Route", {"auth": {"jwt": {"realm": "x"}}}, auth__jwt__mode="")


def test_a_credential_names_a_secret_or_none():
    """Without one, Postern generates it."""
    spec = made("JWTCredential", consumerRef__name="a", keys__0__secretRef__name="s", keys__0__secretRef__key="k")
    assert [{"secretRef": {"name": "s", "key": "k"}}] == spec["keys"]
    assert "keys" not in made("JWTCredential", spec, keys__0__secretRef__name="", keys__0__secretRef__key="")
    assert "keys" not in made("JWTCredential", keys__0__secretRef__encoding="Base64")


def test_several_keys_are_left_to_the_file():
    """The form has no inputs for them."""
    keys = [{"secretRef": {"name": "s", "key": "k"}}] * 2
    assert {"keys"}.isdisjoint(field.path[0] for field in fields_for("JWTCredential", {"keys": keys}))


def test_what_could_be_a_secret_is_in_no_input():
    """A key at a wrong place, or a password in a URL, is not sent to the page."""
    assert "" == values_for("JWTCredential", {"keys": [{"publicKey": "s3cret"}]})["keys.0.publicKey"]
    assert "" == fit_to_show({"upstream.url": "http://me:s3cret@a/"})["upstream.url"]


@pytest.mark.parametrize("field", ["keys.0.secretRef.name", "keys.0.secretRef.key"])
def test_a_secret_instead_of_its_name_is_in_no_input(field):
    """It was pasted into the wrong one; a name comes back as it was typed."""
    assert ["", "", "a.b-c"] == [fit_to_show({field: it})[field] for it in ("s3cret/Value==", "s3cret value", "a.b-c")]


@pytest.mark.parametrize("kind", FORMS)
def test_every_field_of_a_form_exists(kind):
    """A spec of nothing but this field has no unknown field."""
    for field in fields_for(kind, {}):
        rows = [{column.name: (column.choices or ("Authorization",))[0] for column in field.columns}]
        typed = {"rows": rows, "tick": not field.default, "choice": field.choices and field.choices[-1][0]}
        values = {field.name: typed.get(field.input, "a")}
        if field.path[0] == "auth":
            values[".".join(MODE)] = values.get(".".join(MODE), "Optional")
        problems = parse_manifest(manifest_of(kind, "demo", "a", made(kind, **values))).problems
        assert [] == [it for it in problems if "unknown" in it.message], field.name
