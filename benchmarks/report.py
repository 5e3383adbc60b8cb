"""Medians, ratios and tables out of the raw measurements in results.json."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks.readme import markdown_table

Trial = dict[str, dict[str, Any]]
NOT_MEASURED = "–"


def seconds(trials: Sequence[Trial], contestant: str) -> float | None:
    """Median wall time of a contestant, None when it was not measured or not always finished."""
    runs = [trial[contestant] for trial in trials if contestant in trial]
    if not runs or not all(run["finished"] for run in runs):
        return None
    return median(run["seconds"] for run in runs)


def ratio(trials: Sequence[Trial], above: str, below: str, figure: str = "seconds") -> float | None:
    """Median of the ratios of two contestants, each of one trial, so of one and the same minute."""
    pairs = [(trial[above], trial[below]) for trial in trials if {above, below} <= trial.keys()]
    if not pairs or not all(run["finished"] for pair in pairs for run in pair):
        return None
    return median(first[figure] / second[figure] for first, second in pairs)


def render(results: dict[str, Any]) -> str:
    """The tables of all sizes, and where and how they were measured, as Markdown."""
    sizes: list[dict[str, Any]] = results["sizes"]
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return "\n".join(
        (
            "",
            f"`{results['command']}`, {results['measured_at'][:10]}: {machine['system']}, "
            f"{machine['cores']} cores; {versions}. {_trials(results['repeats'])}",
            "",
            _times(sizes),
            "",
            _ratios(sizes),
            "",
        )
    )


def _trials(repeats: int) -> str:
    return "One trial." if repeats == 1 else f"Medians of {repeats} trials."


def _times(sizes: Sequence[dict[str, Any]]) -> str:
    contestants = ("migrate", "floor", "plain_sql", "second_migrate", "import")
    head = (
        "rows",
        "migrate",
        "floor",
        "plain SQL",
        "second migrate",
        "import dagster",
        "migrate, CPU",
        "floor, CPU",
        "migrate, peak",
        "floor, peak",
        "lock",
    )
    rows = []
    for size in sizes:
        trials = size["trials"]
        times = [_time(trials, contestant, size["bound_seconds"]) for contestant in contestants]
        cpu = [
            f"{_median(trials, contestant, 'cpu_seconds'):.2f} s"
            for contestant in ("migrate", "floor")
        ]
        peaks = [
            f"{_median(trials, contestant, 'peak_mib'):.0f} MiB"
            for contestant in ("migrate", "floor")
        ]
        lock = f"{_median(trials, 'migrate', 'lock_seconds'):.1f} s"
        rows.append((f"{size['rows']:,}", *times, *cpu, *peaks, lock))
    return markdown_table(head, rows)


def _time(trials: Sequence[Trial], contestant: str, bound: float) -> str:
    runs = [trial[contestant] for trial in trials if contestant in trial]
    if not runs:
        return NOT_MEASURED
    value = seconds(trials, contestant)
    return f"> {bound:g} s" if value is None else f"{value:.2f} s"


def _median(trials: Sequence[Trial], contestant: str, figure: str) -> float:
    return median(trial[contestant][figure] for trial in trials)


def _ratios(sizes: Sequence[dict[str, Any]]) -> str:
    head = (
        "rows",
        "migrate / import",
        "migrate / floor",
        "least to most",
        "in CPU time",
        "second / first",
        "rows, times",
        "migrate, times",
        "floor, times",
    )
    rows = []
    for position, size in enumerate(sizes):
        trials = size["trials"]
        each = [ratio([trial], "migrate", "floor") for trial in trials]
        growth = (NOT_MEASURED,) * 3
        if position:
            before = sizes[position - 1]
            growth = (
                f"{size['rows'] / before['rows']:g}",
                *(
                    f"{seconds(trials, name) / seconds(before['trials'], name):.2f}"
                    for name in ("migrate", "floor")
                ),
            )
        rows.append(
            (
                f"{size['rows']:,}",
                f"{ratio(trials, 'migrate', 'import'):.2f}",
                f"{ratio(trials, 'migrate', 'floor'):.2f}",
                f"{min(each):.2f} to {max(each):.2f}",
                f"{ratio(trials, 'migrate', 'floor', 'cpu_seconds'):.2f}",
                f"{ratio(trials, 'second_migrate', 'migrate'):.2f}",
                *growth,
            )
        )
    return markdown_table(head, rows)
