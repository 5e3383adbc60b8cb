"""The matrix's ratios as tables to be read at a glance, and those that are out of bounds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import log10
from statistics import median
from typing import Any

from benchmarks.life import RUNS
from benchmarks.readme import markdown_table
from benchmarks.shapes import SHAPES

# A shape may cost this many times what the demo's shape does.
SHAPE_BOUND = 2.0
# Ten times the records may cost this many times as much; other growths in proportion.
GROWTH_BOUND = 12.0
# Of a bound: from here on a square is yellow.
NEAR = 0.65
DEMO = "demo"

Figure = float | str | None
Figures = dict[tuple[str, int, str], Figure]


def seconds(results: dict[str, Any]) -> Figures:
    """(shape, rows, run) to the median wall time in seconds, or the error that a run ended with."""
    taken: dict[tuple[str, int, str], list[dict[str, Any]]] = {}
    for life in results["lives"]:
        for run, outcome in life["runs"].items():
            taken.setdefault((life["shape"], life["rows"], run), []).append(outcome)
    return {
        key: next((outcome["error"] for outcome in outcomes if "error" in outcome), None)
        or median(outcome["seconds"] for outcome in outcomes)
        for key, outcomes in taken.items()
    }


def growth_bound(smaller: int, larger: int) -> float:
    """How many times as long the larger of two sizes may take."""
    return GROWTH_BOUND ** log10(larger / smaller)


def defects(results: dict[str, Any]) -> list[str]:
    """One line for each run that failed or whose ratio is out of bounds."""
    figures = seconds(results)
    lines = [
        f"{shape}, {rows:,} records, {run}: failed: {figure.splitlines()[-1]}"
        for (shape, rows, run), figure in figures.items()
        if isinstance(figure, str)
    ]
    for (shape, rows, run), figure in figures.items():
        for than, ratio, bound in _comparisons(figures, shape, rows, run):
            if ratio > bound:
                lines.append(
                    f"{shape}, {rows:,} records, {run}: {figure:.1f} s, {ratio:.2f} times {than} "
                    f"(at most {bound:.2f})"
                )
    return lines


def _comparisons(
    figures: Figures, shape: str, rows: int, run: str
) -> list[tuple[str, float, float]]:
    """What a figure is held against: (what, ratio, bound)."""
    own = figures[shape, rows, run]
    if not isinstance(own, float):
        return []
    found = []
    demo = figures.get((DEMO, rows, run))
    if shape != DEMO and isinstance(demo, float):
        found.append(("the demo's", own / demo, SHAPE_BOUND))
    smaller = max((size for name, size, _ in figures if name == shape and size < rows), default=0)
    before = figures.get((shape, smaller, run))
    if isinstance(before, float):
        than = f"that of {smaller:,} records"
        found.append((than, own / before, growth_bound(smaller, rows)))
    return found


def render(results: dict[str, Any]) -> str:
    """The tables of all sizes, where and how they were measured, and the defects, as Markdown."""
    figures = seconds(results)
    sizes = sorted({rows for _, rows, _ in figures})
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    parts = [
        f"`{results['command']}`, {results['measured_at'][:10]}: {machine['system']}, "
        f"{machine['cores']} cores; {versions}.",
        "\n".join(f"- **{name}**: {shape.meaning}" for name, shape in SHAPES.items()),
        "\n".join(f"- **{name}**: {meaning}" for name, meaning in RUNS.items()),
    ]
    for rows in sizes:
        parts.append(f"**{rows:,} records**: the demo's seconds, and the others' ratios to them.")
        parts.append(_table(results, figures, rows, lambda key: _square_of_shape(figures, key)))
    for smaller, larger in pairwise(sizes):
        bound = growth_bound(smaller, larger)
        parts.append(
            f"**From {smaller:,} to {larger:,} records**: how many times as long "
            f"({larger / smaller:g} times the records, at most {bound:.1f})."
        )
        parts.append(
            _table(
                results,
                figures,
                larger,
                lambda key, smaller=smaller, bound=bound: _square(
                    figures[key], figures.get((key[0], smaller, key[2])), bound
                ),
            )
        )
    found = defects(results)
    parts.append("Out of bounds: none." if not found else "Out of bounds:")
    if found:
        parts.append("\n".join(f"- {line}" for line in found))
    return "\n" + "\n\n".join(parts) + "\n"


def _table(
    results: dict[str, Any],
    figures: Figures,
    rows: int,
    cell: Callable[[tuple[str, int, str]], str],
) -> str:
    runs = [run for run in RUNS if any(key[2] == run for key in figures)]
    lines = [
        [
            shape,
            *(cell((shape, rows, run)) if (shape, rows, run) in figures else "" for run in runs),
            f"{_peak(results, shape, rows):,.0f} MiB",
        ]
        for shape in SHAPES
        if any(key[:2] == (shape, rows) for key in figures)
    ]
    return markdown_table(("shape", *runs, "most memory"), lines)


def _peak(results: dict[str, Any], shape: str, rows: int) -> float:
    return max(
        (
            outcome["peak_mib"]
            for life in results["lives"]
            if (life["shape"], life["rows"]) == (shape, rows)
            for outcome in life["runs"].values()
            if "peak_mib" in outcome
        ),
        default=0,
    )


def _square_of_shape(figures: Figures, key: tuple[str, int, str]) -> str:
    shape, rows, run = key
    own = figures[key]
    if shape == DEMO and isinstance(own, float):
        return f"{own:.1f} s"
    return _square(own, figures.get((DEMO, rows, run)), SHAPE_BOUND)


def _square(own: Figure, other: Figure, bound: float) -> str:
    if isinstance(own, str):
        return "⬛ failed"
    if not isinstance(other, float) or own is None:
        return ""
    ratio = own / other
    square = "🟥" if ratio > bound else "🟨" if ratio > NEAR * bound else "🟩"
    return f"{square} {ratio:.2f}"
