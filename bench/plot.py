"""The results as one picture: bars of the processor time of a request, with the least and the most of all rounds."""

from __future__ import annotations

from html import escape

from bench.results import Report, Results, cpu
from bench.tables import figure

WIDTH, LEFT, RIGHT = 760, 150, 90
BAR, GAP, TITLE, PANEL_GAP = 18, 6, 26, 22
# Readable on white and on black, and for whoever doesn't tell red from green.
OURS, OTHERS, INK = "#2f7ed8", "#9aa5b1", "#6b7280"


def picture(report: Report) -> str:
    """An SVG with a panel for each workload."""
    parts: list[str] = []
    top = 10
    for results in report.workloads:
        if any(results.rounds.values()):
            parts += panel(results, top)
            top += TITLE + sum(BAR + GAP for rounds in results.rounds.values() if rounds) + PANEL_GAP
    style = f"text {{ font: 13px sans-serif; fill: {INK}; }} .title {{ font-weight: bold; }}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" role="img">',
            f"<title>Processor time of a request, {escape(report.began)}</title>",
            f"<style>{style}</style>",
            *parts,
            "</svg>",
            "",
        ]
    )


def panel(results: Results, top: int) -> list[str]:
    """A workload's bars, as wide as its greatest value allows."""
    peers = [peer for peer, rounds in results.rounds.items() if rounds]
    scale = (WIDTH - LEFT - RIGHT) / max(results.spread(peer, cpu).most for peer in peers)
    title = f"{results.workload}: CPU us a request ({results.about})"
    parts = [f'<text class="title" x="10" y="{top + 14}">{escape(title)}</text>']
    for number, peer in enumerate(peers):
        time = results.spread(peer, cpu)
        y = top + TITLE + number * (BAR + GAP)
        middle = y + BAR / 2
        least, most = LEFT + time.least * scale, LEFT + time.most * scale
        ends = "".join(f"M{x:.1f} {y + 4}v{BAR - 8}" for x in (least, most))
        color = OURS if peer == "Postern" else OTHERS
        parts += [
            f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(peer)}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{time.median * scale:.1f}" height="{BAR}" fill="{color}"/>',
            f'<path d="M{least:.1f} {middle}H{most:.1f}{ends}" stroke="{INK}"/>',
            f'<text x="{max(most, LEFT + time.median * scale) + 6:.1f}" y="{y + 13}">{figure(time.median)}</text>',
        ]
    return parts
