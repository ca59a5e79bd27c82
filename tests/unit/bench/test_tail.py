"""Each gateway is asked for a share of what it can answer, and its times are told beside Envoy's."""

from __future__ import annotations

import json

import pytest
from bench import tail
from bench.paced import Seen
from bench.results import Report
from bench.rounds import Gun, Running
from bench.tail import NoGateway, Tail, ask, planned, report_page, saturation
from bench.workloads import WORKLOADS
from bench.wrk import Ammunition, Load

FULL = {"Postern": 10_000.0, "Envoy, token cache": 20_000.0}


def seen(p99_ms, errors=0):
    return Seen(100, 1.0, errors, 0.1, 0.2, p99_ms, 9.0, 10.0, 0.05, {})


def test_each_is_asked_at_its_own_share_and_at_ours():
    """What has no saturation of its own, the application, is asked at ours alone."""
    plan = planned(FULL, [*FULL, "no gateway"], 0.6)
    assert [
        ("Postern", "its own", 6_000),
        ("Envoy, token cache", "its own", 12_000),
        ("Envoy, token cache", "Postern's", 6_000),
        ("no gateway", "Postern's", 6_000),
    ] == [(one.gateway, one.share_of, one.rate) for one in plan]


def test_a_core_is_full_by_processor_time(monkeypatch):
    """A gateway that is not let have its core answers less than it could."""
    spent = iter((1.0, 1.5))
    monkeypatch.setattr(tail, "family_cpu_s", lambda _: next(spent))
    monkeypatch.setattr(Gun, "fire", lambda *_: Load(1_000, 1_000.0, 1.0, 1.0, 1.0, 0))
    gun = Gun(WORKLOADS["mixed"], Ammunition(), None)
    assert 2_000 == saturation(Running(NoGateway(), 1, 1), gun, 1.0)


def test_the_ratio_is_of_rounds(capsys):
    """The median of ratios within rounds: a round in which the machine was busy counts as one."""
    ours = Tail("Postern", "its own", 6_000, [seen(1.0), seen(2.0), seen(90.0)], [0.6] * 3)
    theirs = Tail("Envoy, token cache", "its own", 12_000, [seen(2.0), seen(4.0), seen(100.0, errors=1)], [0.6] * 3)
    page = report_page(Report("now", 1, {}), FULL, [ours, theirs])
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()[-2:]]
    assert ["2.00", "0.50"] == cells[0][7:9]
    assert ["4.00", "1.00"] == cells[1][7:9]
    assert ["0", "1"] == [row[-1] for row in cells]


@pytest.mark.parametrize("verifies", [True, False])
def test_only_who_looks_at_tokens_must_refuse(verifies, monkeypatch, tmp_path):
    """The next load begins behind this one."""
    started = []

    def run(command, **_):
        started.append(command)
        return type("Done", (), {"stdout": json.dumps(tail.asdict(seen(1.0)))})

    peer = NoGateway()
    peer.verifies = verifies
    monkeypatch.setattr(tail.subprocess, "run", run)
    monkeypatch.setattr(tail, "family_cpu_s", lambda _: 0.0)
    one, measured = Running(peer, 1, 1, next=5), Tail("x", "its own", 10.0)
    ask(one, measured, Gun(WORKLOADS["mixed"], Ammunition(raw=tmp_path), None), tmp_path / "statuses", 1.0)
    assert (105, 1) == (one.next, len(measured.rounds))
    assert verifies == ("--statuses" in started[0])
