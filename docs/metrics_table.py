"""The table of metrics in docs/reference/metrics.md, from their declarations; `build_reference` writes it."""

from __future__ import annotations

import re
from pathlib import Path

from postern_dataplane.telemetry.definitions import METRICS, Metric

PAGE = Path(__file__).parent / "reference" / "metrics.md"
PLACE = re.compile(r"(<!-- metrics -->\n).*?(<!-- end of metrics -->)", re.DOTALL)
HEAD = "| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n"


def filled(page: str) -> str:
    """Return the page with its table made anew."""
    return PLACE.sub(lambda place: f"{place[1]}\n{HEAD}{''.join(map(row, METRICS))}\n{place[2]}", page)


def row(metric: Metric) -> str:
    """Return the line of a metric."""
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    cells = [f"`{metric.name}`", metric.kind.value, labels, f"{metric.help} {metric.more}".strip()]
    return "| " + " | ".join(cells) + " |\n"
