"""The figures of a report, as plotly takes them: plain dictionaries of traces and layout.

Plotly's own classes would check every property at each run; the tests have them do it once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from coccinelle_assets.report.gather import Counts, Flow, TenantShare

Figure = dict[str, Any]

BEFORE, AFTER, UNLINKED = "#b8c4d6", "#2a6f97", "#d98e04"
SOURCE_LABELS = {
    "prospects": "prospects",
    "appointments": "appointments",
    "omni_conversations": "conversations",
}
RECOGNISED_LABELS = {
    "email_and_phone": "e-mail and phone",
    "email": "e-mail only",
    "phone": "phone only",
    "link": "names a prospect or customer",
}
SIZE_LABELS = {11: "11 to 20", 21: "21 to 50", 51: "51 to 100", 101: "over 100"}
LONGEST_LABEL = 24


def flow_figure(counts: Counts) -> Figure:
    """Records from their sources, by how they were recognised, to customers: a Sankey diagram."""
    ends = {
        "new_customers": f"new customers: {counts.new_customers:,}",
        "live_customers": f"customers already live: {counts.live_customers:,}",
        "unlinked": "unlinked",
    }
    # A node's key is its column and its name: a reason may be called as an outcome is.
    sources = _totals(counts.flows, lambda flow: (0, flow.source_table))
    recognised = _totals(counts.flows, lambda flow: (1, flow.recognised_by))
    outcomes = _totals(counts.flows, lambda flow: (2, flow.outcome))
    rejected = {(1, flow.recognised_by) for flow in counts.flows if flow.outcome == "unlinked"}
    rejected.add((2, "unlinked"))
    nodes = [*sources, *recognised, *outcomes]
    number = {node: place for place, node in enumerate(nodes)}
    names = {**SOURCE_LABELS, **RECOGNISED_LABELS, **ends}
    labels = [names.get(name, name.replace("_", " ")) for _, name in nodes]
    links = _totals(counts.flows, lambda flow: ((0, flow.source_table), (1, flow.recognised_by)))
    links += _totals(counts.flows, lambda flow: ((1, flow.recognised_by), (2, flow.outcome)))
    return {
        "data": [
            {
                "type": "sankey",
                "arrangement": "snap",
                "valueformat": ",d",
                "valuesuffix": " records",
                "node": {
                    "label": [escape(label) for label in labels],
                    "color": [UNLINKED if node in rejected else AFTER for node in nodes],
                    "pad": 18,
                    "thickness": 16,
                },
                "link": {
                    "source": [number[start] for start, _ in links],
                    "target": [number[end] for _, end in links],
                    "value": list(links.values()),
                    "color": [
                        "rgba(217,142,4,0.3)" if end in rejected else "rgba(42,111,151,0.25)"
                        for _, end in links
                    ],
                },
            }
        ],
        "layout": _layout(height=420, margin={"l": 10, "r": 10, "t": 20, "b": 20}),
    }


def _totals(flows: Iterable[Flow], key: Callable[[Flow], Any]) -> Counter[Any]:
    """Records by key, in the order in which the keys first appear."""
    totals: Counter[Any] = Counter()
    for flow in flows:
        totals[key(flow)] += flow.records
    return totals


def cluster_size_figure(counts: Counts) -> Figure:
    """How many records the customers have."""
    customers = [sizes.customers for sizes in counts.cluster_sizes]
    return {
        "data": [
            {
                "type": "bar",
                "x": [
                    SIZE_LABELS.get(sizes.smallest, str(sizes.smallest))
                    for sizes in counts.cluster_sizes
                ],
                "y": customers,
                "text": [f"{count:,}" for count in customers],
                "textposition": "outside",
                "cliponaxis": False,
                "marker": {"color": AFTER},
                "hovertemplate": "%{y:,d} customers with %{x} records<extra></extra>",
            }
        ],
        "layout": _layout(
            height=320,
            xaxis={"title": {"text": "records of one customer"}, "type": "category"},
            yaxis={"title": {"text": "customers"}, "tickformat": ",d", "rangemode": "tozero"},
        ),
    }


def tenant_figure(counts: Counts) -> Figure:
    """The linked share of each tenant's records, before and after, one panel per source."""
    tenants = sorted(
        {share.tenant_id: share for share in reversed(counts.tenant_shares)}.values(),
        key=lambda share: share.place,
    )
    rows = {share.tenant_id: row for row, share in enumerate(tenants)}
    layout = _layout(
        height=150 + 34 * len(rows),
        margin={"l": 20, "r": 20, "t": 60, "b": 50},
        barmode="group",
        bargap=0.3,
        yaxis={
            "tickmode": "array",
            "tickvals": list(rows.values()),
            "ticktext": [escape(_tenant_label(share)) for share in tenants],
            "autorange": "reversed",
            "automargin": True,
        },
        legend={"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"},
        annotations=[],
    )
    traces: list[dict[str, Any]] = []
    for panel, source in enumerate(SOURCE_LABELS):
        left, width = panel / len(SOURCE_LABELS), 0.86 / len(SOURCE_LABELS)
        number = panel + 1 if panel else ""
        axis = f"x{number}"
        layout[f"xaxis{number}"] = {
            "domain": [left, left + width],
            "range": [0, 1],
            "tickformat": ".0%",
            "side": "top",
        }
        layout["annotations"].append(_panel_title(SOURCE_LABELS[source], axis))
        shares = [share for share in counts.tenant_shares if share.source_table == source]
        traces += _share_bars(source, shares, rows, axis, legend=source == "appointments")
    return {"data": traces, "layout": layout}


def _panel_title(text: str, axis: str) -> Figure:
    return {
        "text": text,
        "showarrow": False,
        "xref": f"{axis} domain",
        "yref": "paper",
        "x": 0.5,
        "y": 1,
        "yshift": 42,
        "font": {"size": 14},
    }


def _share_bars(
    source: str,
    shares: Sequence[TenantShare],
    rows: Mapping[str | None, int],
    axis: str,
    *,
    legend: bool,
) -> Iterator[Figure]:
    """The bars of one panel; a prospect has no link column, so that it has no before."""
    linked = {"before": [share.linked_before for share in shares]} if source != "prospects" else {}
    linked["after"] = [share.linked for share in shares]
    for name, counts in linked.items():
        yield {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "legendgroup": name,
            "showlegend": legend,
            "offsetgroup": name,
            "marker": {"color": BEFORE if name == "before" else AFTER},
            "xaxis": axis,
            "y": [rows[share.tenant_id] for share in shares],
            "x": [count / share.records for count, share in zip(counts, shares, strict=True)],
            "texttemplate": "%{x:.1%}",
            "textposition": "auto",
            "insidetextanchor": "start",
            "cliponaxis": False,
            "customdata": [
                [count, share.records] for count, share in zip(counts, shares, strict=True)
            ],
            "hovertemplate": f"{name}: %{{customdata[0]:,d}} of %{{customdata[1]:,d}} "
            f"{SOURCE_LABELS[source]} linked (%{{x:.1%}})<extra>%{{y}}</extra>",
        }


def _tenant_label(share: TenantShare) -> str:
    if share.tenant_id is None:
        return f"{share.tenants:,} smaller tenants"
    if len(share.tenant_id) > LONGEST_LABEL:
        return share.tenant_id[: LONGEST_LABEL - 1] + "…"
    return share.tenant_id or "no tenant"


def _layout(height: int, **more: Any) -> Figure:
    return {
        "height": height,
        "margin": {"l": 60, "r": 30, "t": 20, "b": 50},
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": "#1f2933"},
        **more,
    }
