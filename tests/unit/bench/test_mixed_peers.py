"""What both measurements of `mixed` beside other gateways share."""

from __future__ import annotations

import json

from bench.mixed_peers import GATEWAYS, parser_of, running_peers, write
from bench.results import Report


def test_results_are_a_page_and_json(tmp_path, capsys):
    """Named after what was measured, in a folder that is made; the page is printed."""
    write("tail", "| a |\n", Report("now", 1, {}, load_average=0.1), tmp_path / "new", saturation={"Postern": 1.5})
    content = json.loads((tmp_path / "new/tail.json").read_text())
    assert (0.1, {"Postern": 1.5}, True) == (content["load_average"], content["saturation"], "machine" in content)
    assert "| a |\n" == (tmp_path / "new/tail.md").read_text()
    assert "| a |\n\n" == capsys.readouterr().out


def test_a_word_chooses_among_the_gateways_that_take_part(tmp_path):
    """Others of the comparison are never started, whatever is asked for."""
    options = parser_of("x", rounds=3, seconds=2.0).parse_args(["--gateway", "plain aiohttp"])
    assert (3, 2.0) == (options.rounds, options.seconds)
    assert "plain aiohttp" not in GATEWAYS
    with running_peers(options) as found:
        assert ([], True) == (found.running, found.folder.is_dir())
