"""The forms in which findings are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from postern_cli.diagnostics import Diagnostic, ObjectName, Report, as_github, as_json, as_text, report_of
from postern_core.parse import Parsed
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_operator.local.folder_source import Reading
from postern_operator.local.manifest_file import FileMistake, Foreign

ROUTE = ObjectName("Route", "demo", "json")


def finding(**options):
    defaults = {"severity": "error", "message": "is wrong", "file": "a.yaml", "line": 3, "object": ROUTE}
    return Diagnostic(**defaults | options)


def report(*findings, **options):
    defaults = {"valid": not findings, "objects": {"Route": 2}, "fine": 1, "passed_over": {}}
    return Report(**defaults | options, findings=findings)


def test_an_empty_folder_is_not_valid():
    """A check of nothing would look like a good one for ever."""
    made = report_of(Reading(), [], [Path("manifests")])
    assert (False, ["no manifest of Postern is here"]) == (made.valid, [it.message for it in made.findings])


def test_a_mistake_of_a_file_is_a_finding():
    """It has the file's line and column, and no object."""
    made = report_of(Reading(mistakes=(FileMistake("a.yaml", 2, 7, "is broken"),)), [], [])
    assert (Diagnostic("error", "is broken", "a.yaml", 2, 7),) == made.findings


def test_a_warning_leaves_the_report_valid():
    """It is told all the same."""
    problem = Problem(Ref("Route", "demo", "json"), Reason.WARNING, "spec", "is odd")
    made = report_of(Reading(mistakes=()), [problem], [])
    assert (True, "warning") == (made.valid, made.findings[0].severity)


@pytest.mark.parametrize(("reason", "severity"), [(Reason.WARNING, "error"), (Reason.NO_READY_ENDPOINT, "warning")])
def test_a_strict_report_counts_warnings_about_what_was_written(reason, severity):
    """A check of a pull request stops what can never work, and not what only waits for a pod."""
    problem = Problem(Ref("Route", "demo", "json"), reason, "spec", "is odd")
    made = report_of(Reading(objects=(Parsed(problem.ref, None),)), [problem], [], is_strict=True)

    assert (severity == "warning", severity) == (made.valid, made.findings[0].severity)
    assert (severity == "warning") == made.fine


def test_objects_without_an_error_are_fine():
    """An object with errors counts once however many it has, and one with a warning is fine."""
    refs = [Ref("Route", "demo", name) for name in ("a", "b", "c")]
    wrong = [Problem(refs[0], Reason.INVALID, field, "is wrong") for field in ("spec.a", "spec.b")]
    odd = Problem(refs[1], Reason.WARNING, "spec", "is odd")
    reading = Reading(tuple(Parsed(ref, None) for ref in refs))
    assert 2 == report_of(reading, [*wrong, odd], []).fine


def test_objects_of_other_kinds_are_counted():
    """They are passed over, with a word."""
    reading = Reading(foreign=(Foreign("a.yaml:1", "apps/v1", "Deployment"),) * 2)
    assert {"apps/v1 Deployment": 2} == report_of(reading, [], []).passed_over


def test_text_has_a_line_a_finding_and_a_sum():
    """A terminal makes the place a link."""
    told = finding(field="spec.paths", reason="Invalid")
    lines = list(as_text(report(told, finding(severity="warning", file="", line=None))))
    assert "a.yaml:3: \x1b[31merror\x1b[0m: Route demo/json: spec.paths: is wrong" == lines[0]
    assert "\x1b[33mwarning\x1b[0m: Route demo/json: is wrong" == lines[1]
    assert "1 error and 1 warning; 1 of 2 objects is fine." in lines[2]


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (report(), "2 objects are fine: 2 Route."),
        (report(objects={"Route": 1}), "1 object is fine: 1 Route."),
        (report(finding(severity="warning")), "2 objects are fine, with 1 warning: 2 Route."),
        (report(finding(), finding()), "2 errors; 1 of 2 objects is fine."),
        (report(finding(), fine=0), "1 error; 0 of 2 objects are fine."),
    ],
)
def test_the_last_line_sums_up(made, told):
    """How many objects are fine, or how much is wrong."""
    assert told in list(as_text(made))[-1]


def test_text_names_what_was_passed_over():
    """A mistyped apiVersion shows there."""
    lines = list(as_text(report(passed_over={"v1 Pod": 1})))
    assert "Passed over, for they are not Postern's: 1 v1 Pod." == lines[0]


def test_json_has_every_field():
    """Programs rely on its shape."""
    made = json.loads("".join(as_json(report(finding(reason="Invalid", field="spec")))))
    assert {
        "valid": False,
        "objects": {"Route": 2},
        "fine": 1,
        "passed_over": {},
        "findings": [
            {
                "severity": "error", "message": "is wrong", "file": "a.yaml", "line": 3, "column": None,
                "object": {"kind": "Route", "namespace": "demo", "name": "json"}, "reason": "Invalid", "field": "spec",
            }
        ],
        "left_out": [],
    } == made  # fmt: skip


def test_github_escapes_what_would_end_a_command():
    """A message can't say another command, nor a path another property."""
    told = finding(file="a,b:c%.yaml", message="100%\r\n::error::", object=None, reason="Invalid")
    line = next(as_github(report(told)))
    assert "::error file=a%2Cb%3Ac%25.yaml,line=3,title=Invalid::100%25%0D%0A::error::" == line


def test_github_wants_paths_of_the_checkout():
    """An absolute path below the working directory is cut."""
    told = finding(file=str(Path.cwd() / "manifests/a.yaml"))
    assert next(as_github(report(told))).startswith("::error file=manifests/a.yaml,line=3::")


def test_a_finding_without_a_place_is_a_command_too():
    """The properties are left out."""
    told = finding(severity="warning", file="", line=None, object=None)
    assert "::warning::is wrong" == next(as_github(report(told)))
