"""Ratios, tables and the picture are what was measured, and nothing is left out without a word."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from bench.plot import picture
from bench.results import LeftOut, Measurement, Report, Results, Spread, cpu
from bench.tables import report_page, row, table
from bench.wrk import Load

SVG = "{http://www.w3.org/2000/svg}"


def measured(cpu_us, errors=0):
    return Measurement(cpu_us, 64 * 2**20, 48 * 2**20, Load(1000, 2500.0, 1.0, 2.0, 3.0, errors))


@pytest.fixture
def results():
    rounds = {
        "Postern": [measured(40.0), measured(60.0), measured(44.0)],
        "Envoy, token cache": [measured(80.0), measured(90.0), measured(88.0)],
        "nginx, plain": [measured(20.0), measured(22.0), measured(30.0)],
    }
    return Results("repeated", "small GET <with> one token & again", rounds)


@pytest.fixture
def report(results):
    left_out = [LeftOut("HAProxy", "new-EdDSA", "knows no EdDSA"), LeftOut("Envoy, no cache", "", "lacks the program")]
    return Report("2026-01-01 00:00 UTC", 3, {"Postern": "0.1.0"}, [results], left_out)


def test_a_spread_is_the_median_and_the_ends(results):
    """One bad round moves an end, not the middle."""
    assert Spread(44.0, 40.0, 60.0) == results.spread("Postern", cpu)


def test_a_ratio_is_one_of_medians(results):
    """Each gateway beside another in the same run."""
    assert (0.5, 2.0) == (results.ratio("Postern", "Envoy, token cache"), results.ratio("Postern", "nginx, plain"))


def test_there_is_no_ratio_to_who_is_absent(results):
    """An empty cell, and not a number from elsewhere."""
    assert results.ratio("Postern", "HAProxy") is None
    del results.rounds["Envoy, token cache"]
    assert "" == row(results, "Postern")[2]


def test_a_row_tells_all(results):
    """The figures of one gateway."""
    expected = ["Postern", "44.0 (40.0 - 60.0)", "0.50", "", "2.00", "2,500", "1.00", "2.00", "3.00", "64 (48)", "0"]
    assert expected == row(results, "Postern")


def test_a_table_has_a_row_for_each(results):
    """A table has a row for each gateway, and as many cells in each row."""
    lines = table(results)
    assert 2 + 3 == len(lines)
    assert {lines[0].count("|")} == {line.count("|") for line in lines}


def test_a_gateway_without_a_round_has_no_row(results, report):
    """It failed, and is told of elsewhere."""
    results.rounds["HAProxy"] = []
    assert 2 + 3 == len(table(results))
    assert "HAProxy" not in picture(report)


def test_who_is_left_out_is_named(report):
    """With what it lacks, and where."""
    page = report_page(report)
    assert "- HAProxy in new-EdDSA: knows no EdDSA." in page
    assert "- Envoy, no cache: lacks the program." in page


def test_a_run_without_errors_is_clean(report):
    """A run without errors is clean, and its exit status is 0."""
    assert report.is_clean


def test_a_run_with_an_error_is_not_clean(report, results):
    """One wrong answer among all is enough."""
    results.rounds["nginx, plain"].append(measured(20.0, errors=1))
    assert not report.is_clean
    assert "1" == row(results, "nginx, plain")[-1]


def test_a_run_in_which_somebody_failed_is_not_clean(report):
    """A run with a failed gateway is not clean, even when all that were measured answered well."""
    report.failures.append("HAProxy in tls: ended with status 1")
    assert not report.is_clean
    assert "- HAProxy in tls: ended with status 1" in report_page(report)


def test_the_json_has_every_round(report):
    """Whoever doubts a median can make another one."""
    told = json.loads(report.to_json())
    rounds = told["workloads"][0]["rounds"]["Postern"]
    assert [40.0, 60.0, 44.0] == [one["cpu_us"] for one in rounds]
    assert (True, "HAProxy") == (told["clean"], told["left_out"][0]["peer"])


def test_the_picture_is_well_formed(report):
    """Whatever the names hold; with a bar for each gateway, as long as its median."""
    tree = ET.fromstring(picture(report))
    widths = [float(bar.get("width")) for bar in tree.iter(f"{SVG}rect")]
    assert f"{SVG}svg" == tree.tag
    assert 44 / 88 == pytest.approx(widths[0] / widths[1], abs=0.01)
    assert max(widths) < float(tree.get("width"))


def test_an_empty_picture_is_well_formed():
    """A run in which nothing could be measured has one too."""
    assert ET.fromstring(picture(Report("2026-01-01 00:00 UTC", 3, {})))
