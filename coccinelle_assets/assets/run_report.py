"""The report of a promotion, written into the home and linked from live/customers."""

from dataclasses import dataclass

import dagster as dg
import duckdb

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.promotion.publish import Publication
from coccinelle_assets.report.gather import Counts, gather, report_of, reported_run
from coccinelle_assets.resources.live_database import LiveDatabase


@dataclass(slots=True)
class RunReport:
    """The report of one run: counted while the promotion writes, kept once that is committed.

    The promotion does not depend on it: what cannot be counted or written is a warning.
    """

    context: dg.AssetExecutionContext
    live_database: LiveDatabase
    counts: Counts | duckdb.Error | None = None

    def count(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Count what the warehouse holds; `connection` is only read from.

        May run in a thread of its own: `keep` tells what went wrong.
        """
        if not self.live_database.reports_kept:
            return
        try:
            self.counts = gather(connection)
        except duckdb.Error as error:
            self.counts = error

    def keep(self, result: Publication, *, dry_run: bool = False) -> dict[str, dg.MetadataValue]:
        """Write the report of what was published; its path as metadata."""
        if self.counts is None:
            return {}
        if isinstance(self.counts, duckdb.Error):
            return self._warn(self.counts)
        # Plotly is for those who promote: the code location starts without it.
        from coccinelle_assets.report.keep import keep_report

        database = self.live_database
        run = reported_run(self.context.run.run_id, database.path, dry_run, result.counts)
        report = report_of(run, self.counts)
        try:
            path = keep_report(report, database.report_directory, database.reports_kept)
        except (OSError, CoccinelleError) as error:
            return self._warn(error)
        return {"report": dg.MetadataValue.path(path)}

    def _warn(self, error: Exception) -> dict[str, dg.MetadataValue]:
        directory = self.live_database.report_directory
        self.context.log.warning(f"The report cannot be written to {directory}: {error}")
        return {}
