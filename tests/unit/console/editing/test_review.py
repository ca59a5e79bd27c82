"""What a change would bring."""

from __future__ import annotations

import yaml

import manifests
from postern_cli.load_folders import problems_of
from postern_console.editing.fields import Field
from postern_console.editing.review import by_field, difference, review_of
from postern_console.editing.target import FileChange
from postern_core.parse import parse_manifest
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref


def reviewed(changed, *others):
    objects = [parse_manifest(it) for it in others]
    return review_of(objects, parse_manifest(changed), problems_of(objects), problems_of)


def test_an_object_that_would_not_be_accepted_is_refused():
    """Its problems are those of the compiler."""
    review = reviewed(manifests.route(methods=["get"]), manifests.service())
    assert (True, ["spec.methods[0]"]) == (review.refuses, [problem.field for problem in review.own])


def test_what_an_object_refers_to_may_come_later():
    """A Route may be written before its Service."""
    review = reviewed(manifests.route())
    assert (False, ["spec.serviceRef"]) == (review.refuses, [problem.field for problem in review.own])


def test_a_key_that_is_none_is_refused():
    """It could be a secret, which no page may hold."""
    credential = manifests.credential(algorithm="ES256", keys=[{"publicKey": "s3cret"}])
    assert reviewed(credential, manifests.consumer()).refuses


def test_others_get_problems_and_old_ones_are_not_named():
    """A Service that is no more valid takes its Routes along."""
    old = manifests.service(), manifests.route(), manifests.route("b", serviceRef={"name": "gone"})
    review = reviewed(manifests.service(pathPrefix="x"), *old)
    assert ["all"] == [problem.ref.name for problem in review.others]


def test_a_problem_stands_at_the_input_that_it_is_about():
    """The nearest one, and above all where there is none."""
    fields = [Field(("paths",), ""), Field(("auth", "jwt"), ""), Field(("auth", "jwt", "from"), "")]
    ref = Ref("Route", "a", "b")
    places = ("spec.paths[0].value", "spec.auth.jwt.from[1]", "spec.pathsX", "metadata", "")
    found = by_field([Problem(ref, Reason.INVALID, field, "m") for field in places], fields)
    assert {"paths": ["m"], "auth.jwt.from": ["m"], "": ["spec.pathsX: m", "m"], "name": ["m"]} == found


def test_a_difference_has_the_lines_around_and_no_secret(tmp_path):
    """A credential is compared as it is shown."""
    old, new = ("kind: Route\na: http://x:s3cret@h\nb: 1\n", "kind: Route\na: http://x:s3cret@h\nb: 2\n")
    parsed = parse_manifest(manifests.route())
    seen = difference(FileChange(old, new, tmp_path, b"", b""), parsed, [])
    assert ("@@ -1,3 +1,3 @@", " kind: Route", " a: http://...@h", "-b: 1", "+b: 2") == seen.lines
    old, new = "# s3cret\nkeys:\n- publicKey: s3cret\n", "# s3cret\nkeys: []\n"
    seen = difference(FileChange(old, new, tmp_path, b"", b""), parse_manifest(manifests.credential()), [])
    assert "s3cret" not in "".join(seen.lines)


def test_a_problem_of_a_block_stands_at_an_input_that_is_filled():
    """What was typed is what is wrong."""
    fields = [Field(("keys", "0", name), "") for name in ("a", "b")]
    problem = Problem(Ref("JWTCredential", "a", "b"), Reason.INVALID_KEY_MATERIAL, "spec.keys[0]", "m")
    assert {"keys.0.b": ["m"]} == by_field([problem], fields, ["keys.0.b"])
    assert {"keys.0.a": ["m"]} == by_field([problem], fields)


def test_a_header_that_opens_something_is_in_no_difference(tmp_path):
    """The lines around a change are of the object as pages show it, where that leaves something out."""
    changes = {"set": [{"name": "Authorization", "value": "s3cret"}]}
    old, new = (yaml.safe_dump(manifests.service(requestHeaders=changes, hosts=[it])) for it in ("a.b", "c.d"))
    lines = difference(FileChange(old, new, tmp_path, b"", b""), parse_manifest(yaml.safe_load(new)), []).lines
    assert (False, True) == ("s3cret" in str(lines), "+  - c.d" in lines)
