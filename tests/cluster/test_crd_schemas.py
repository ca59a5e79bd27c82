"""The CRDs on a real API server: their prose, their defaults, and what kubectl makes of them."""

from __future__ import annotations

import json

import pytest
import yaml

import raw
from cluster.pairs import SMALLEST
from manifests import manifest
from postern_core.decode import decode_strictly
from postern_core.kinds import KINDS
from postern_core.parse import parse_manifest
from postern_operator.crds.schema import descriptions

pytestmark = pytest.mark.usefixtures("crds")

STATUS = {
    "observedGeneration": 1,
    "conditions": [
        {"type": type_, "status": "True", "reason": type_, "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        for type_ in ("Accepted", "Programmed", "Ready")
    ],
}


def smallest(kind, namespace):
    return manifest(kind, "a", SMALLEST[kind], namespace)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_explained(kubectl, kind):
    """What the API server publishes, and kubectl explain prints, has prose for every field."""
    published = kubectl("get", "--raw", "/openapi/v3/apis/postern.dev/v1alpha1", check=True).stdout
    schema = json.loads(published)["components"]["schemas"][f"dev.postern.v1alpha1.{kind}"]
    for part in ("spec", "status"):
        assert [] == [path for path, prose in descriptions(schema["properties"][part], part) if not prose]


@pytest.mark.parametrize("kind", KINDS)
def test_explain_is_the_manual(kubectl, kind):
    """`kubectl explain` prints what the model says of its kind, as soon as the API server's discovery lists it."""
    raw.until(lambda: not kubectl("explain", KINDS[kind].short).returncode, f"{kind} to be discovered")
    explained = " ".join(kubectl("explain", KINDS[kind].short, check=True).stdout.split())
    assert " ".join((KINDS[kind].resource.__doc__ or "").split()) in explained


@pytest.mark.parametrize("kind", KINDS)
def test_defaults_change_nothing_in_force(kubectl, namespace, kind):
    """What the API server fills in is what the compiler would have taken anyway."""
    kubectl.apply(smallest(kind, namespace))
    spec_type = KINDS[kind].spec
    stored = kubectl.get(KINDS[kind].short, "a", namespace).get("spec", {})
    assert decode_strictly(SMALLEST[kind], spec_type) == decode_strictly(stored, spec_type)


def test_defaults_are_filled_in(kubectl, namespace):
    """Whoever looks at an object sees what holds."""
    kubectl.apply(smallest("Service", namespace))
    assert {
        "doubleEncoding": "Keep",
        "mergeSlashes": True,
        "encodedSlashes": "Reject",
        "gateways": ["default"],
        "pathParameters": "Keep",
        "pathPrefix": "/",
        "restorePathPrefix": False,
        "stripPathPrefix": True,
        "upstream": {
            "url": "http://a",
            "retries": {"attempts": 1},
            "timeouts": {"connect": "5s", "request": "60s", "idle": "60s"},
        },
    } == kubectl.get("psvc", "a", namespace)["spec"]


def test_a_typo_is_refused(kubectl, namespace):
    """An unknown field is no open door: kubectl is told, and server-side apply is even where nobody asks."""
    wrong = manifest("Service", "a", SMALLEST["Service"] | {"auht": {"jwt": {}}}, namespace)
    created = kubectl("create", "--filename=-", input=yaml.safe_dump(wrong))
    assert 'strict decoding error: unknown field "spec.auht"' in created.stderr
    applied = kubectl.apply(wrong, options=("--validate=ignore",))
    assert ".spec.auht: field not declared in schema" in applied.stderr


@pytest.mark.parametrize(
    ("refused", "accepted"),
    [("80", 80), ("Http", "http"), (0, 1), (65536, 65535), ("a" * 64, "a" * 63), ("-a", "8a-b")],
)
def test_a_port_of_a_service_is_a_number_or_a_name(kubectl, namespace, refused, accepted):
    """`port: http` is taken; a number in quotes would be a name that no port has."""
    for port, is_taken in ((refused, False), (accepted, True)):
        spec = {"upstream": {"service": {"name": "a", "port": port}}}
        done = kubectl.apply(manifest("Service", "a", spec, namespace))
        assert is_taken == (done.returncode == 0), done.stderr
        assert is_taken or "spec.upstream.service.port" in done.stderr


@pytest.mark.parametrize("kind", ["Service", "Route"])
def test_a_null_in_place_of_auth_opens_nothing(kubectl, namespace, kind):
    """The API server keeps it, and what it keeps the compiler refuses."""
    kubectl.apply(manifest(kind, "a", SMALLEST[kind] | {"auth": None}, namespace))
    parsed = parse_manifest(kubectl.get(KINDS[kind].short, "a", namespace))
    assert ["spec.auth"] == [problem.field for problem in parsed.problems]


@pytest.mark.parametrize("kind", KINDS)
def test_the_columns_say_what_matters(kubectl, namespace, kind):
    """`kubectl get` shows whether an object is in force."""
    kubectl.apply(smallest(kind, namespace))
    patch = json.dumps({"status": STATUS})
    short = KINDS[kind].short
    kubectl("patch", short, "a", f"-n{namespace}", "--subresource=status", "--type=merge", f"-p{patch}", check=True)
    header, row = kubectl("get", short, f"-n{namespace}", check=True).stdout.splitlines()

    own = [column.name.upper() for column in KINDS[kind].columns if not column.priority]
    assert ["NAME", *own, "ACCEPTED", "PROGRAMMED", "REASON", "AGE"] == header.split()
    assert ["True", "True", "Ready"] == row.split()[-4:-1]


def test_all_kinds_are_found_by_their_category(kubectl, namespace):
    """`kubectl get postern` shows everything of ours."""
    kubectl.apply(*(smallest(kind, namespace) for kind in KINDS))
    listed = kubectl("get", "postern", f"-n{namespace}", "--output=name", check=True).stdout.split()
    assert sorted(f"{kind.lower()}.postern.dev/a" for kind in KINDS) == sorted(listed)


@pytest.mark.parametrize(
    ("kind", "selector"),
    [
        ("Route", "spec.serviceRef.name=a"),
        ("JWTCredential", "spec.consumerRef.name=a"),
        ("JWTCredential", "spec.key=a_key"),
    ],
)
def test_an_object_is_found_by_what_it_refers_to(kubectl, namespace, kind, selector):
    """The API server itself selects, so that nobody has to fetch everything."""
    own = {"key": "a_key"} if kind == "JWTCredential" else {}
    kubectl.apply(manifest(kind, "a", SMALLEST[kind] | own, namespace))
    found = kubectl("get", KINDS[kind].short, f"-n{namespace}", "--output=name", f"--field-selector={selector}")
    others = kubectl("get", KINDS[kind].short, f"-n{namespace}", "--output=name", f"--field-selector={selector}-not")
    assert (f"{kind.lower()}.postern.dev/a\n", "") == (found.stdout, others.stdout)


def test_the_status_is_not_the_user_s(kubectl, namespace):
    """Whoever writes the spec can't write the status; a new one says that nobody has looked at the object yet."""
    kubectl.apply(smallest("Consumer", namespace) | {"status": {"credentials": 7}})
    assert {"observedGeneration": 0} == kubectl.get("pcons", "a", namespace)["status"]


def test_two_owners_may_share_the_hosts(kubectl, namespace):
    """Hosts are a set: each owner adds its own, and takes away only its own."""
    hosts = SMALLEST["Service"] | {"hosts": ["a.example.com"]}
    kubectl.apply(manifest("Service", "a", hosts, namespace))
    other = manifest("Service", "a", {"hosts": ["b.example.com"], **SMALLEST["Service"]}, namespace)
    kubectl.apply(other, options=("--field-manager=other",))
    assert ["a.example.com", "b.example.com"] == kubectl.get("psvc", "a", namespace)["spec"]["hosts"]


def route_with(claim):
    return manifest("Route", "a", SMALLEST["Route"] | {"auth": {"jwt": {"allow": {"claims": [claim]}}}})


def test_values_of_claims_need_no_quotes(kubectl, namespace):
    """Texts, booleans and numbers are kept as they were written."""
    values = ["true", True, False, 18, -1.5, "2"]
    route = route_with({"name": "a", "anyOf": values})
    route["metadata"]["namespace"] = namespace
    kubectl.apply(route)
    [claim] = kubectl.get("prt", "a", namespace)["spec"]["auth"]["jwt"]["allow"]["claims"]
    assert values == claim["anyOf"]


@pytest.mark.parametrize("value", [[], ["a"], {}, {"a": 1}, "", "a\n", "a" * 1025])
def test_a_value_of_a_claim_is_a_scalar(kubectl, value):
    """What could match no claim is refused when it is applied."""
    done = kubectl.apply(route_with({"name": "a", "anyOf": [value]}), options=("--dry-run=server",))
    assert "spec.auth.jwt.allow.claims[0].anyOf[0]" in done.stderr


def test_a_null_among_the_values_opens_nothing(kubectl, namespace):
    """The API server keeps it, as any null without a type, and what it keeps the compiler refuses."""
    route = route_with({"name": "a", "anyOf": ["a", None]})
    route["metadata"]["namespace"] = namespace
    kubectl.apply(route)
    parsed = parse_manifest(kubectl.get("prt", "a", namespace))
    assert ["spec.auth.jwt.allow.claims[0].anyOf[1]"] == [problem.field for problem in parsed.problems]


@pytest.mark.parametrize("values", [{}, {"anyOf": ["a"], "allOf": ["a"]}, {"anyOf": []}])
def test_a_claim_is_compared_in_one_way(kubectl, values):
    """A claim is compared by exactly one of anyOf and allOf."""
    done = kubectl.apply(route_with({"name": "a"} | values), options=("--dry-run=server",))
    assert "spec.auth.jwt.allow.claims[0]" in done.stderr
