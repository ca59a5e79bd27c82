"""The tables of metrics in docs/reference, from their declarations; `build_reference` writes them."""

from __future__ import annotations

import re
from pathlib import Path

from postern_dataplane.telemetry.definitions import METRICS
from postern_operator.cluster.metrics import METRICS as OPERATOR_METRICS

REFERENCE = Path(__file__).parent / "reference"
PLACE = re.compile(r"(<!-- metrics -->\n).*?(<!-- end of metrics -->)", re.DOTALL)
HEAD = "| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n"


def row(name: str, kind: str, labels: tuple[str, ...], meaning: str) -> str:
    """Return the line of a metric."""
    return f"| `{name}` | {kind} | {', '.join(f'`{label}`' for label in labels)} | {meaning.strip()} |\n"


PAGES = {
    REFERENCE / "metrics.md": [row(it.name, it.kind.value, it.labels, f"{it.help} {it.more}") for it in METRICS],
    REFERENCE / "operator.md": [
        row(it.name, it.type.__name__.lower(), it.labels, f"{it.help} {it.more}") for it in OPERATOR_METRICS
    ],
}


def filled(page: Path) -> str:
    """Return the text of a page with its table made anew."""
    table = f"{HEAD}{''.join(PAGES[page])}"
    return PLACE.sub(lambda place: f"{place[1]}\n{table}\n{place[2]}", page.read_text(encoding="utf-8"))
