"""The generated parts of benchmarks/README.md: Markdown tables between two markers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

README = Path(__file__).with_name("README.md")


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with aligned columns, the first to the left, the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [
        [cells[0].ljust(widths[0])]
        + [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        for cells in (head, *rows)
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in (lines[0], rule, *lines[1:]))


def write_section(name: str, text: str, readme: Path = README) -> None:
    """Replace what stands between the markers of a section.

    Raises ValueError when the page has no such markers.
    """
    start, end = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
    page = readme.read_text(encoding="utf-8")
    before, found_start, rest = page.partition(start)
    _, found_end, after = rest.partition(end)
    if not (found_start and found_end):
        raise ValueError(f"{readme} lacks the markers {start} and {end}")
    readme.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")
