"""The matrix's verdict: what failed, what a shape costs too much, what grows too fast."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.heat_map import defects, growth_bound, render


def results(**seconds: float | str) -> dict[str, Any]:
    """Results of first runs: demo_200=1.5 is the demo's shape at 200 records."""
    lives = []
    for name, value in seconds.items():
        shape, _, rows = name.rpartition("_")
        outcome = {"error": value} if isinstance(value, str) else {"seconds": value, "peak_mib": 1}
        lives.append({"shape": shape, "rows": int(rows), "runs": {"first": outcome}})
    return {
        "lives": lives,
        "command": "python -m benchmarks.matrix",
        "measured_at": "2026-11-27T00:00:00",
        "machine": {"system": "Linux", "cores": 2, "versions": {"Python": "3.11"}},
    }


def test_what_is_within_bounds_is_no_defect() -> None:
    good = results(demo_200=1.0, chains_200=2.0, demo_2000=12.0, chains_2000=24.0)
    assert defects(good) == []
    assert "Out of bounds: none." in render(good)


@pytest.mark.parametrize(
    ("seconds", "line"),
    [
        (
            {"demo_200": 1.0, "chains_200": 2.1},
            "chains, 200 records, first: 2.1 s, 2.10 times the demo's (at most 2.00)",
        ),
        (
            {"demo_200": 1.0, "demo_2000": 12.5},
            "demo, 2,000 records, first: 12.5 s, 12.50 times that of 200 records (at most 12.00)",
        ),
        (
            {"demo_200": 1.0, "nothing_200": "ended with 1\nout of memory"},
            "nothing, 200 records, first: failed: out of memory",
        ),
    ],
)
def test_a_defect_is_listed_with_its_figures(seconds: dict[str, Any], line: str) -> None:
    found = results(**seconds)
    assert defects(found) == [line]
    shown = render(found)
    assert f"- {line}" in shown
    assert "🟥" in shown or "⬛ failed" in shown


def test_other_growths_are_bound_in_proportion() -> None:
    assert growth_bound(200, 2_000) == pytest.approx(12)
    assert growth_bound(200, 20_000) == pytest.approx(144)
