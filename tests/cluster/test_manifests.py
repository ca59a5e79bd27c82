"""What this project shows as a manifest is taken by a real API server: the examples, and the golden cases."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

import cases
from postern_core.check import check
from postern_core.kinds import KINDS
from postern_core.parse import parse_manifest
from postern_operator.validators import VALIDATORS

pytestmark = pytest.mark.usefixtures("crds")

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.name[:2].isdigit())
# Kubernetes makes slices itself, and refuses the addresses of this machine, which local mode needs; the namespace is
# another one here, and a class of Ingresses is in none.
LEFT_OUT = {"EndpointSlice", "IngressClass", "Namespace"}


def in_namespace(folder, namespace):
    """The manifests of a folder, moved into a namespace."""
    documents = [one for path in sorted(folder.glob("*.yaml")) for one in yaml.safe_load_all(path.read_text())]
    return [
        document | {"metadata": document["metadata"] | {"namespace": namespace}}
        for document in documents
        if document["kind"] not in LEFT_OUT
    ]


def versions(kubectl, manifests):
    """The resourceVersion of each object."""
    done = kubectl("get", "--filename=-", "--output=json", input=yaml.safe_dump_all(manifests), check=True)
    found = json.loads(done.stdout).get("items") or [json.loads(done.stdout)]
    return {name_of(one): one["metadata"]["resourceVersion"] for one in found}


def name_of(one):
    return f"{one['kind']} {one['metadata']['name']}"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_applies_and_stays_as_it_is(kubectl, namespace, example):
    """Applying it again changes nothing, and GitOps sees no difference, on either side's way of looking."""
    manifests = in_namespace(example, namespace)
    assert "" == kubectl.apply(*manifests).stderr
    # Where no operator writes statuses, the next one stores the status that the API server gave to what was new.
    kubectl.apply(*manifests)
    before = versions(kubectl, manifests)

    kubectl.apply(*manifests)
    assert before == versions(kubectl, manifests)
    text = yaml.safe_dump_all(manifests)
    same = kubectl("diff", "--server-side", "--field-manager=tests", "--filename=-", input=text)
    assert (0, "") == (same.returncode, same.stdout)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_no_difference_to_a_client_either(kubectl, namespace, example):
    """Who compares on the client's side, as kubectl apply did first, sees none of the defaults as a difference."""
    text = yaml.safe_dump_all(in_namespace(example, namespace))
    kubectl("apply", "--filename=-", input=text, check=True)
    same = kubectl("diff", "--filename=-", input=text)
    assert (0, "") == (same.returncode, same.stdout)


def judged(case):
    """The objects of our kinds in a case, in one namespace, and whether each makes sense by itself."""
    for document in cases.manifests_of(case):
        parsed = parse_manifest(document)
        if parsed.ref.kind in KINDS:
            metadata = {"name": f"{parsed.ref.namespace}.{parsed.ref.name}", "namespace": "default"}
            yield document | {"metadata": metadata}, all(it.is_warning for it in check(parsed, VALIDATORS))


def taken(kubectl, manifests):
    """The names of the objects that the API server takes."""
    done = kubectl.apply(*manifests, options=("--dry-run=server",))
    kinds = {kind.lower(): kind for kind in KINDS}
    said = re.findall(r"^(\w+)\.postern\.dev/(\S+) serverside-applied", done.stdout, re.MULTILINE)
    return {f"{kinds[kind]} {name}" for kind, name in said}


@pytest.mark.parametrize(
    "case",
    [case for case in cases.cases() if not cases.settings_of(case).only_compiler_refuses],
    ids=lambda case: case.name,
)
def test_the_api_server_judges_as_the_compiler_does(kubectl, case):
    """What makes sense is taken; what doesn't is refused at once, not only in a status."""
    objects = list(judged(case))
    good = {name_of(one) for one, is_good in objects if is_good}
    accepted = taken(kubectl, [one for one, _ in objects]) if objects else set()

    assert sorted(good) == sorted(accepted)
