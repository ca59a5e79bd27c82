"""The results as Markdown."""

from __future__ import annotations

from bench.results import BASES, Report, Results, cpu, machine

HEAD = (
    "gateway", "CPU us a request: median (least - most)", *(f"of {name}" for name in BASES), "requests/s",
    "p50 ms", "p99 ms", "p99.9 ms", "resident MiB (largest process)", "errors",
)  # fmt: skip


def report_page(report: Report) -> str:
    """The whole run as a page."""
    lines = heading(report)
    for results in report.workloads:
        rounds = max((len(rounds) for rounds in results.rounds.values()), default=0)
        lines += ["", f"## {results.workload}", ""]
        lines += [f"{results.about[0].upper()}{results.about[1:]}; rounds of {report.seconds:g} s: {rounds}.", ""]
        lines += table(results)
    lines += ["", "## Left out", ""]
    lines += [
        f"- {one.peer}{f' in {one.workload}' if one.workload else ''}: {one.lacks}." for one in report.left_out
    ] or ["Nobody."]
    if report.failures:
        lines += ["", "## Failed", "", *(f"- {failure}" for failure in report.failures)]
    return "\n".join(lines) + "\n"


def heading(report: Report) -> list[str]:
    """When and on what a run was, and who took part."""
    here = machine()
    return [
        f"# Measured {report.began}",
        "",
        f"{here['processor']}, {here['cores']} cores, Linux {here['kernel']}, Python {here['python']}.",
        f"Load average at the beginning: {report.load_average:.1f}.",
        "; ".join(f"{name} {version}" for name, version in report.versions.items()) + ".",
    ]


def table(results: Results) -> list[str]:
    """The lines of a workload's table."""
    lines = [f"| {' | '.join(HEAD)} |", f"| --- |{' ---: |' * (len(HEAD) - 1)}"]
    return lines + [f"| {' | '.join(row(results, peer))} |" for peer in results.rounds if results.rounds[peer]]


def row(results: Results, peer: str) -> list[str]:
    time = results.spread(peer, cpu)
    ratios = (results.ratio(peer, base) for base in BASES.values())
    whole = results.spread(peer, lambda one: one.resident_bytes / 2**20).median
    largest = results.spread(peer, lambda one: one.largest_bytes / 2**20).median
    return [
        peer,
        f"{figure(time.median)} ({figure(time.least)} - {figure(time.most)})",
        *("" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
        f"{results.spread(peer, lambda one: one.load.per_second).median:,.0f}",
        *(
            f"{results.spread(peer, value).median:.2f}"
            for value in (lambda one: one.load.p50_ms, lambda one: one.load.p99_ms, lambda one: one.load.p999_ms)
        ),
        f"{whole:.0f} ({largest:.0f})",
        str(results.errors(peer)),
    ]


def figure(value: float) -> str:
    """Three digits are all that such a measurement has."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
