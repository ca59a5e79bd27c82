"""The guard fails on a loss of a quarter that shows each time, and on nothing less."""

from __future__ import annotations

import json

import pytest
from bench import guard
from bench.guard import Costs, has_lost

KEPT = 0.32


@pytest.mark.parametrize(
    ("ratio", "expected"), [(0.32, False), (0.10, False), (0.39, False), (0.40, True), (0.64, True)]
)
def test_a_quarter_more_is_a_loss(ratio, expected):
    """What is less is noise, or not worth a red build."""
    assert expected is has_lost(ratio, KEPT)


def test_a_ratio_is_one_of_rounds():
    """A round in which both were slowed down counts as any other; one in which one was doesn't decide."""
    assert Costs((30.0, 60.0, 90.0), (100.0, 200.0, 100.0)).ratio == pytest.approx(0.3)


@pytest.fixture
def judged(monkeypatch, tmp_path):
    """What the guard says to measurements, one an attempt."""

    def judge(*ratios):
        kept = tmp_path / "guard.json"
        kept.write_text(json.dumps({"ratios": {"repeated": KEPT, "unlike": KEPT}}))
        fine = Costs((100 * KEPT,), (100.0,))
        measured = iter([{"repeated": fine, "unlike": Costs((100 * ratio,), (100.0,))} for ratio in ratios])
        monkeypatch.setattr(guard, "KEPT", kept)
        monkeypatch.setattr(guard, "measure", lambda _rounds: next(measured))
        status = guard.main([])
        return status, len(list(measured))

    return judge


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch):
    monkeypatch.setattr(guard, "GATEWAY_CPU", 0)
    monkeypatch.setattr(guard, "OTHERS_CPU", 1)


def test_what_is_as_it_was_passes_at_once(judged):
    """One attempt is enough."""
    assert (0, 1) == judged(0.33, 9.9)


def test_a_gain_is_to_be_kept(judged, capsys):
    """A gain beyond the noise asks for a new baseline, so that it can't be lost unseen."""
    assert (0, 0) == judged(0.2)
    assert "--write" in capsys.readouterr().out


def test_what_is_as_it_was_is_not_to_be_kept(judged, capsys):
    """A guard that is set anew all the time follows every small loss."""
    assert (0, 0) == judged(0.30)
    assert "--write" not in capsys.readouterr().out


def test_a_loss_once_is_measured_again(judged):
    """Whatever disturbed the first attempt is over at the next."""
    assert (0, 1) == judged(0.5, 0.33, 9.9)


def test_a_loss_that_stays_fails(judged, capsys):
    """Three times in a row; and how much it is is said."""
    assert (1, 0) == judged(0.5, 0.45, 0.48)
    assert "unlike: FAILED, this is 50% more" in capsys.readouterr().out


def test_one_core_is_not_enough(judged, monkeypatch, capsys):
    """The load would be measured along with the gateway."""
    monkeypatch.setattr(guard, "OTHERS_CPU", 0)
    assert (1, 1) == judged(0.1)
    assert "two cores" in capsys.readouterr().out


def test_what_is_kept_is_what_was_measured(monkeypatch, tmp_path):
    """The next run is compared with it."""
    monkeypatch.setattr(guard, "KEPT", tmp_path / "guard.json")
    measured = {"repeated": Costs((30.0, 33.0, 36.0), (100.0, 100.0, 100.0))}
    monkeypatch.setattr(guard, "measure", lambda _rounds: measured)
    assert 0 == guard.main(["--write"])
    kept = json.loads((tmp_path / "guard.json").read_text())
    assert ({"repeated": 0.33}, {"repeated": 33.0}) == (kept["ratios"], kept["postern_us"])
    assert (3, 100.0) == (kept["rounds"], kept["aiohttp_us"])


def test_what_is_kept_says_how_it_was_measured():
    """A number alone would be believed, or not."""
    kept = json.loads(guard.KEPT.read_text())
    assert {"about", "aiohttp", "aiohttp_us", "date", "postern_us", "python", "ratios", "rounds"} == kept.keys()
    assert guard.SALVOS.keys() == kept["ratios"].keys()
    assert all(0.05 < ratio < 1 for ratio in kept["ratios"].values())
