"""`postern validate`, from the folder to the exit status."""

from __future__ import annotations

import errno
import json
import os

import pytest

import manifests


def test_good_manifests_are_fine(postern, protected):
    """The status is 0, and a line says what was looked at."""
    result = postern("validate", protected.path)
    assert (0, "") == (result.exit_code, result.stderr)
    assert "5 objects are fine: 1 Service, 1 Route, 1 Consumer, 1 JWTCredential, 1 Secret.\n" == result.stdout


def test_every_problem_is_told_with_its_place(postern, protected):
    """A problem has its object, its field, and the line and column of that field."""
    protected.write(manifests.route("bad", methods=["get"], serviceRef={"name": "app"}), name="bad.yaml")
    protected.write(manifests.route("lost", serviceRef={"name": "nowhere"}), name="lost.yaml")
    result = postern("validate", protected.path)
    assert result.exit_code == 1
    assert f"{protected.path}/bad.yaml:8:5: error: Route default/bad: spec.methods[0]: must be" in result.stdout
    assert f"{protected.path}/lost.yaml:7:3: error: Route default/lost: spec.serviceRef: " in result.stdout
    assert result.stdout.endswith("2 errors; 5 of 7 objects are fine.\n")


def test_the_share_of_a_namespace_is_checked(postern, folder):
    """With the operator's default, and with what it is given."""
    folder.write(manifests.service(), *(manifests.route(f"r{n}") for n in range(3)))
    result = postern("validate", folder.path, "--namespace-share", "routes=2")
    assert (1, True) == (result.exit_code, "Route default/r2: namespace default exceeds" in result.stdout)
    assert 0 == postern("validate", folder.path).exit_code
    mistake = postern("validate", folder.path, "--namespace-share", "routes=none")
    assert (2, True) == (mistake.exit_code, "is not one of routes=N" in mistake.stderr)


def test_objects_without_a_name_are_told_one_by_one(postern, folder):
    """Each has its place, although nobody can tell them apart otherwise."""
    folder.write("apiVersion: postern.dev/v1alpha1\nkind: Route\n---\napiVersion: postern.dev/v1alpha1\nkind: Route\n")
    lines = postern("validate", folder.path).stdout.splitlines()
    assert [f"{folder.path}/all.yaml:{line}:1" for line in (1, 4)] == [line.partition(": ")[0] for line in lines[:2]]


def test_a_warning_does_not_count(postern, folder):
    """It is told, and the status stays 0."""
    folder.write(manifests.service(auth={"jwt": {"mode": "Permissive"}}), manifests.route())
    result = postern("validate", folder.path)
    assert (0, True) == (result.exit_code, "fine" in result.stdout)


@pytest.mark.parametrize(("options", "status", "severity"), [((), 0, "warning"), (("--strict",), 1, "error")])
def test_what_can_never_match_counts_where_that_is_asked(postern, folder, options, status, severity):
    """`postern validate --strict` makes such warnings errors."""
    folder.write(manifests.service(), manifests.route(paths=[{"type": "Prefix", "value": "/items/*"}]))
    result = postern("validate", folder.path, *options)
    assert (status, True) == (result.exit_code, f"{severity}: Route default/all: spec.paths[0].value" in result.stdout)


def test_every_gateway_is_looked_at(postern, folder):
    """A Service of another gateway than the default is no blind spot."""
    service = {"name": "nowhere", "port": 80}
    folder.write(manifests.service(gateways=["inner"], upstream={"service": service}), manifests.route())
    result = postern("validate", folder.path, "-o", "json")
    assert "UpstreamNotFound" in {it["reason"] for it in json.loads(result.stdout)["findings"]}


def test_nothing_is_written(postern, protected):
    """A credential whose secret is to be generated is fine, and stays without one."""
    protected.write(manifests.credential(keys=[]), manifests.consumer())
    before = sorted(protected.path.rglob("*"))
    assert postern("validate", protected.path).exit_code == 0
    assert before == sorted(protected.path.rglob("*"))


def test_an_empty_folder_is_told(postern, folder):
    """It is not what somebody wanted to check."""
    result = postern("validate", folder.path)
    assert (1, True) == (result.exit_code, "no manifest of Postern is here" in result.stdout)


def test_a_folder_that_is_not_there_is_a_mistake_of_usage(postern, tmp_path):
    """The status tells it from a problem in the manifests."""
    assert postern("validate", tmp_path / "nowhere").exit_code == 2


@pytest.mark.parametrize(
    ("content", "place"),
    [("a: [1,\nb: 2", ":"), (b"a: \xff", ":1:4: "), ("just words", ":1:1: "), ("{apiVersion: v1, kind: Pod", ":")],
)
def test_a_broken_file_is_named_with_its_place(postern, folder, content, place):
    """There is no traceback, and the other formats have the place as well."""
    file = folder.write(content, name="broken.yaml")
    result = postern("validate", folder.path)
    assert (1, True) == (result.exit_code, f"{file}{place}" in result.stdout)
    found = json.loads(postern("validate", folder.path, "-o", "json").stdout)["findings"]
    assert [(str(file), None)] == [(it["file"], it["object"]) for it in found]


def test_a_file_that_can_not_be_opened_is_named(postern, protected, monkeypatch):
    """One bad file hides no other."""
    shut = protected.write("", name="shut.yaml")
    opened = os.open

    def refuse(path, *args, **options):
        if path == shut:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *args, **options)

    monkeypatch.setattr(os, "open", refuse)
    result = postern("validate", protected.path)
    assert f"{shut}:1:1: error: can't be read: Permission denied\n1 error; 5 of 5 objects are fine.\n" == result.stdout


def test_annotations_are_commands_of_a_workflow(postern, protected):
    """A pull request shows them beside the line."""
    protected.write(manifests.route("lost", serviceRef={"name": "nowhere"}), name="lost.yaml")
    line = postern("validate", protected.path, "-o", "github").stdout.splitlines()[0]
    assert f"::error file={protected.path}/lost.yaml,line=7,col=3,title=ServiceNotFound::Route default/lost: " in line


def test_a_cluster_is_checked_by_the_same_rules(postern, serving):
    """Of Secrets nothing is read, and that is said; an upstream on loopback is warned of, as its status is."""
    result = postern("validate", "--cluster")
    assert (0, "") == (result.exit_code, result.stderr)
    assert "warning: Service default/app: spec.upstream.url: 127.0.0.1 is loopback" in result.stdout
    assert "Not checked: what is in 1 Secret, for none is read.\n4 objects are fine, with 1 warning: " in result.stdout
    assert [] == [path for path in serving.asked if "secrets" in path]


def test_a_problem_in_a_cluster_has_no_line(postern, serving):
    """It is told by its object."""
    serving.put(manifests.route("lost", serviceRef={"name": "nowhere"}))
    result = postern("validate", "--cluster")
    assert (1, True) == (result.exit_code, "error: Route default/lost: spec.serviceRef: " in result.stdout)


def test_folders_are_checked_as_if_they_were_applied(postern, serving, folder):
    """What they bring is told, to their own objects and to others; what was wrong before is not."""
    serving.put(manifests.route("old", serviceRef={"name": "gone"}))
    folder.write(manifests.service(hosts=[], wrong=1), manifests.route("new", serviceRef={"name": "nowhere"}))
    result = postern("validate", "--cluster", folder.path)
    assert result.exit_code == 1
    assert f"{folder.path}/all.yaml:10:3: error: Service default/app: spec.wrong" in result.stdout
    assert "error: Route default/new: " in result.stdout
    assert "\nerror: Route default/all: " in f"\n{result.stdout}"
    assert "default/old" not in result.stdout


def test_folders_that_fit_a_cluster_are_fine(postern, serving, folder):
    """What they refer to may be there."""
    folder.write(manifests.route("new"))
    result = postern("validate", "--cluster", folder.path)
    assert (0, True) == (result.exit_code, "1 object is fine: 1 Route." in result.stdout)


def test_a_cluster_without_objects_is_told(postern, cluster):
    """An empty cluster, or an empty namespace, is reported."""
    for options, place in (((), "the cluster"), (("-n", "demo"), "namespace demo")):
        result = postern("validate", "--cluster", *options)
        assert (1, True) == (result.exit_code, f"{place}: error: no object of Postern is here" in result.stdout)


def test_what_may_not_be_read_is_told_in_every_form(postern, serving):
    """A program and a reviewer learn of it as well."""
    group = "/apis/postern.dev/v1alpha1"
    serving.refused = {f"{group}/services": 403, f"{group}/namespaces/default/services": 403}
    told = "Service of all namespaces (403 Forbidden)"
    assert f"Not checked: {told}." in postern("validate", "--cluster").stdout
    assert told in json.loads(postern("validate", "--cluster", "-o", "json").stdout)["left_out"]
    assert f"::notice::Not checked: {told}\n" in postern("validate", "--cluster", "-o", "github").stdout


def test_there_must_be_something_to_check(postern):
    """A folder, or a cluster."""
    result = postern("validate")
    assert (2, True) == (result.exit_code, "Missing argument 'FOLDER...'" in result.stderr)


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        ((), 1, "http://127.0.0.1:9/jwks: no connection: connection refused"),
        (("--offline",), 0, "Not checked: FetchedKeys default/idp (none is fetched)."),
    ],
)
def test_keys_that_can_not_be_reached_are_a_problem_or_not_asked_for(postern, folder, options, status, said):
    """A check of a pull request may have no way to the identity provider."""
    folder.write(manifests.token_issuer(keys={"url": "http://127.0.0.1:9/jwks"}, fetch={"insecure": True}))
    result = postern("validate", folder.path, *options)
    assert (status, "", True) == (result.exit_code, result.stderr, said in result.stdout)


@pytest.mark.parametrize(
    "fetch", [{"keys": {"kubernetes": {}}, "issuer": None}, {"service": {"name": "idp", "port": 1}}]
)
def test_keys_that_a_cluster_alone_has_are_not_checked(postern, folder, fetch):
    """The names of its Services lead nowhere from here, and its API server has another account for it."""
    spec = fetch if "keys" in fetch else {"keys": {"url": "http://idp/jwks"}, "fetch": fetch}
    folder.write(manifests.token_issuer(**spec))
    result = postern("validate", folder.path)
    assert (0, True) == (result.exit_code, "FetchedKeys default/idp (a cluster alone has them)" in result.stdout)


def test_a_required_policy_is_checked(postern, folder):
    """Where the gateway requires one, a Route without is a mistake."""
    folder.write(manifests.service(), manifests.route())
    result = postern("validate", folder.path, "--require-policy")
    assert (1, True) == (result.exit_code, "gateway default requires a policy" in result.stdout)
    assert 0 == postern("validate", folder.path).exit_code
