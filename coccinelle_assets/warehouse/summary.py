"""What a run found, in numbers: records, customers and links before and after, per source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from duckdb import DuckDBPyConnection

from coccinelle_assets.sql import load_sql, one_row

WRITTEN = (
    "new_customers",
    "changed_customers",
    "merged_customers",
    "appointment_links",
    "conversation_links",
    "deferred",
)


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """One source table: its rows, how many were and are linked, how many stay unlinked."""

    source_table: str
    records: int
    linked_before: int
    linked: int
    unlinked: int

    @property
    def linked_share(self) -> float:
        """Linked records over all records, 0 to 1; 1 when there are none."""
        return self.linked / self.records if self.records else 1.0


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole run; duplicates are linked records beyond the first of their customer."""

    customers_before: int
    customers: int
    duplicates: int
    merged_customers: int
    sources: tuple[SourceSummary, ...]
    unlinked_by_reason: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """The summary as JSON takes it, shares included."""
        plain = asdict(self)
        for source, numbers in zip(self.sources, plain["sources"], strict=True):
            numbers["linked_share"] = round(source.linked_share, 4)
        return plain


def summarize(connection: DuckDBPyConnection) -> Summary:
    """The summary of the run that the warehouse holds."""
    rows = connection.execute(load_sql("warehouse/sql/source_summary.sql")).fetchall()
    sources = tuple(SourceSummary(*row) for row in rows)
    before, customers, merged, clustered = one_row(
        connection.execute(load_sql("warehouse/sql/customer_summary.sql"))
    )
    reasons = connection.execute(
        "SELECT reason, count(*) FROM ssot.unlinked_records GROUP BY reason ORDER BY reason"
    ).fetchall()
    return Summary(
        customers_before=before,
        customers=customers,
        duplicates=sum(source.linked for source in sources) - clustered,
        merged_customers=merged,
        sources=sources,
        unlinked_by_reason=dict(reasons),
    )


def describe_changes(counts: Mapping[str, Any], *, dry_run: bool) -> str:
    """One sentence of what a promotion wrote; `counts` are its rows by kind."""
    if not counts.get("rows_written"):
        return "Nothing to write: the live database holds all of it already."
    written = ", ".join(
        f"{kind.replace('_', ' ')} {counts[kind]:,}" for kind in WRITTEN if kind in counts
    )
    return f"{'Would write' if dry_run else 'Promoted'}: {written}."
