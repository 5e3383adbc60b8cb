"""A report as one HTML page that needs no network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

from coccinelle_assets.report.figures import (
    SOURCE_LABELS,
    Figure,
    cluster_size_figure,
    flow_figure,
    tenant_figure,
)
from coccinelle_assets.report.gather import Report
from coccinelle_assets.warehouse.summary import Summary, describe_changes

# What draws the figures, 5 MB: a page that does not hold it looks for it beside itself.
SCRIPT = "plotly.min.js"
PLOTLY_SCRIPT = files("plotly").joinpath("package_data", SCRIPT)
SETTINGS = {"displaylogo": False, "responsive": True}


def render(report: Report, *, self_contained: bool = True) -> str:
    """The page. Self-contained it weighs 5 MB; otherwise it looks for plotly.min.js beside it."""
    run = report.run
    template = files("coccinelle_assets.report").joinpath("page.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        title=escape(f"Customers of {run.database}: {'dry run' if run.dry_run else 'promotion'}"),
        subtitle=escape(f"Run {run.run_id}, reported {report.reported_at:%Y-%m-%d %H:%M:%S} UTC"),
        changes=escape(describe_changes(run.counts, dry_run=run.dry_run)),
        table=_summary_table(report.counts.summary),
        script=(
            f"<script>{PLOTLY_SCRIPT.read_text(encoding='utf-8')}</script>"
            if self_contained
            else f'<script src="{SCRIPT}"></script>'
        ),
        flow=_drawn("flow", flow_figure(report.counts)),
        cluster_sizes=_drawn("cluster_sizes", cluster_size_figure(report.counts)),
        tenants=_drawn("tenants", tenant_figure(report.counts)),
    )


def _drawn(name: str, figure: Figure) -> str:
    """A figure's place and the call that draws it there.

    plotly.io.to_html writes the same, after importing for a quarter of a second.
    """
    # No text in it may end the script.
    call = json.dumps(figure | {"config": SETTINGS}).replace("<", "\\u003c")
    return f'<div id="{name}"></div><script>Plotly.newPlot("{name}", {call})</script>'


def _summary_table(summary: Summary) -> str:
    rows = [("", "records", "linked before", "linked", "share", "unlinked")]
    for source in summary.sources:
        before = "" if source.source_table == "prospects" else f"{source.linked_before:,}"
        rows.append(
            (
                SOURCE_LABELS[source.source_table],
                f"{source.records:,}",
                before,
                f"{source.linked:,}",
                f"{source.linked_share:.1%}",
                f"{source.unlinked:,}",
            )
        )
    customers, before = f"{summary.customers:,}", f"{summary.customers_before:,}"
    rows.append(("customers", "", before, customers, "", ""))
    head, *body = rows
    return f"<table><tr>{_cells('th', head)}</tr>{''.join(_row(row) for row in body)}</table>"


def _row(row: Sequence[str]) -> str:
    return f"<tr>{_cells('td', row)}</tr>"


def _cells(tag: str, row: Sequence[str]) -> str:
    return "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row)
