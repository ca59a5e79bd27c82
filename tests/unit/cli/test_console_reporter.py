"""What a run tells people."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from postern_cli.console_reporter import ConsoleReporter, console
from postern_core.conditions import Programming, conditions_of
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_operator.local.folder_source import Reading
from postern_operator.local.manifest_file import FileMistake, Foreign

ROUTE = Ref("Route", "demo", "json")
MISTAKE = FileMistake("a.yaml", 3, 1, "is wrong")


class Told:
    """A teller, and what it has written since it was last asked."""

    def __init__(self):
        self._out, self._err = io.StringIO(), io.StringIO()
        self.teller = ConsoleReporter(Console(file=self._out, width=200), Console(file=self._err, width=200))

    def lines(self):
        return self._since(self._out)

    def warnings(self):
        return self._since(self._err)

    def _since(self, written):
        text = written.getvalue()
        written.seek(0)
        written.truncate()
        return [line.rstrip() for line in text.splitlines()]


@pytest.fixture
def told():
    return Told()


def test_a_mistake_is_told_once_and_its_end(told):
    """Not at every save of another file."""
    told.teller.read(Reading(mistakes=(MISTAKE,)))
    told.teller.read(Reading(mistakes=(MISTAKE,)))
    assert ["a.yaml:3:1: is wrong"] == told.warnings()
    told.teller.read(Reading())
    assert ["No file has a mistake any more."] == told.lines()


def test_foreign_kinds_are_told_once(told):
    """With how many there are."""
    reading = Reading(foreign=(Foreign("a.yaml:1", "apps/v1", "Deployment"),) * 2)
    told.teller.read(reading)
    told.teller.read(reading)

    assert ["Passed over: 2 x Deployment (apps/v1), which is nothing to the gateway."] == told.lines()


def test_what_could_steer_a_terminal_is_not_written(told):
    """A file's name is anybody's text."""
    told.teller.read(Reading(mistakes=(FileMistake("\x1b[2J.yaml", 1, 1, "is wrong"),)))

    assert ["\\x1b[2J.yaml:1:1: is wrong"] == told.warnings()


def test_the_table_is_shown_when_it_changes(told):
    """The table is shown when it changes, and only then."""
    problem = Problem(ROUTE, Reason.INVALID, "spec", "is wrong")
    for problems in ([], [], [problem], [problem]):
        statuses = {ROUTE: conditions_of(ROUTE, problems, Programming.PROGRAMMED)}
        told.teller.show(statuses, problems, {ROUTE: "a.yaml:1"})
    lines = told.lines()

    assert 2 == sum(line.startswith("Kind ") for line in lines)
    assert "Invalid: Route demo/json: spec: is wrong (a.yaml:1)" == lines[-1]


def test_without_objects_the_run_says_so(told):
    """An empty table would be a riddle."""
    told.teller.show({}, [], {})

    assert ["There is no object of postern.dev yet: every request gets 404."] == told.lines()


def test_an_unexpected_error_is_named_but_not_quoted(told):
    """Its text may hold a key; what the system says of a file does not."""
    told.teller.rebuild_failed(ValueError("hunter2"))
    told.teller.rebuild_failed(OSError(28, "No space left on device", "index.json"))

    assert [
        "the snapshot can't be made (ValueError); the last one stays in force",
        "the snapshot can't be made (No space left on device: index.json); the last one stays in force",
    ] == told.warnings()


def test_a_failure_of_reading_is_told_once(told):
    """It is tried again twice a second."""
    told.teller.reading_failed(ValueError("hunter2"))
    told.teller.reading_failed(ValueError("hunter2"))

    assert ["the manifests can't be read (ValueError); what was read last stays"] == told.warnings()


def test_a_failure_of_secrets_is_told_once(told):
    """Every second would be too often."""
    told.teller.secrets_failed("can't be kept")
    told.teller.secrets_failed("can't be kept")

    assert ["can't be kept"] == told.warnings()


@pytest.mark.parametrize(("status", "how"), [(1, "with status 1"), (-9, "by signal 9")])
def test_the_end_of_the_data_plane_is_told(told, status, how):
    """However it came."""
    told.teller.data_plane_ended(status)

    assert [f"the data plane ended {how}"] == told.warnings()


def test_a_pipe_gets_whole_lines_without_colour(monkeypatch, capsys):
    """Whatever the width of whichever terminal."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    made = console(stderr=False)
    made.print("x" * 500, style="red")

    assert "x" * 500 + "\n" == capsys.readouterr().out


def test_no_colour_is_obeyed(monkeypatch, capsys):
    """NO_COLOR is obeyed, even where colour is forced."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    console(stderr=False).print("x", style="red")

    assert "\x1b[31m" not in capsys.readouterr().out
