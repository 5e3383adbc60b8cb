"""The report of a promotion, written into the home and linked from live/customers."""

import dagster as dg
import duckdb

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.publish import Publication
from coccinelle_assets.resources.live_database import LiveDatabase
from coccinelle_assets.resources.warehouse import Warehouse


def report_metadata(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    live_database: LiveDatabase,
    result: Publication,
    *,
    dry_run: bool = False,
) -> dict[str, dg.MetadataValue]:
    """Keep the report of what was published; its path as metadata.

    The promotion is committed by now: a report that cannot be written is a warning, no failure.
    """
    if not live_database.reports_kept:
        return {}
    # Plotly is for those who promote: the code location starts without it.
    from coccinelle_assets.report.gather import gather, reported_run
    from coccinelle_assets.report.keep import keep_report

    run = reported_run(context.run.run_id, live_database.path, dry_run, result.counts)
    directory = live_database.report_directory
    try:
        with warehouse.connect() as connection:
            report = gather(connection, run)
        path = keep_report(report, directory, live_database.reports_kept)
    except (OSError, duckdb.Error, CoccinelleError) as error:
        context.log.warning(f"The report cannot be written to {directory}: {error}")
        return {}
    return {"report": dg.MetadataValue.path(path)}
