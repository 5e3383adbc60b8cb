"""A report as one HTML page that needs no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from string import Template

import plotly.io

from coccinelle_assets.live.summary import describe_changes
from coccinelle_assets.report.figures import (
    SOURCE_LABELS,
    Figure,
    cluster_size_figure,
    flow_figure,
    tenant_figure,
)
from coccinelle_assets.report.gather import Report


def render(report: Report, *, self_contained: bool = True) -> str:
    """The page. Self-contained it weighs 5 MB; otherwise it looks for plotly.min.js beside it."""
    run = report.run
    drawn = [flow_figure(report), cluster_size_figure(report), tenant_figure(report)]
    flow, cluster_sizes, tenants = _fragments(drawn, True if self_contained else "directory")
    template = files("coccinelle_assets.report").joinpath("page.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        title=escape(f"Customers of {run.database}: {'dry run' if run.dry_run else 'promotion'}"),
        subtitle=escape(f"Run {run.run_id}, reported {report.reported_at:%Y-%m-%d %H:%M:%S} UTC"),
        changes=escape(describe_changes(run.counts, dry_run=run.dry_run)),
        table=_summary_table(report),
        flow=flow,
        cluster_sizes=cluster_sizes,
        tenants=tenants,
    )


def _fragments(figures: Iterable[Figure], script: bool | str) -> Iterable[str]:
    """Each figure as an HTML fragment; the first one brings the script."""
    for figure in figures:
        yield plotly.io.to_html(
            figure,
            config={"displaylogo": False, "responsive": True},
            include_plotlyjs=script,
            full_html=False,
            validate=False,
        )
        script = False


def _summary_table(report: Report) -> str:
    summary = report.summary
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
