"""The report of a run: its counts, its figures, its page, and where it is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import dagster as dg
import duckdb
import plotly.graph_objects
import pytest

from coccinelle_assets.assets import run_report
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.local_runs.run_job import RunOutcome
from coccinelle_assets.report.figures import cluster_size_figure, flow_figure, tenant_figure
from coccinelle_assets.report.gather import Counts, Flow, Report, gather, report_of, reported_run
from coccinelle_assets.report.keep import SCRIPT, keep_report, write_report
from coccinelle_assets.report.page import render
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import ANNE, JEAN, LUC
from coccinelle_assets_tests.pipeline import Pipeline

FIGURES = (flow_figure, cluster_size_figure, tenant_figure)
HOSTILE = "</script><b>t3"


def gathered(database: AppDatabase, top_tenants: int = 20) -> Report:
    pipeline = Pipeline(database.path)
    pipeline.resolve()
    run = reported_run("0123456789abcdef", database.path, False, {"rows_written": 3, "backup": "/"})
    return report_of(run, gather(pipeline.warehouse, top_tenants))


@pytest.fixture(scope="module")
def three_tenants(tmp_path_factory: pytest.TempPathFactory) -> AppDatabase:
    """Three tenants; Jean and Anne are promoted already, the others are news."""
    app = AppDatabase(tmp_path_factory.mktemp("report") / "app.db", tenants=("t1", "t2", HOSTILE))
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr", phone=JEAN)
    app.appointment(customer_name="Jean Dupont", customer_phone=JEAN)
    app.conversation("t2", customer_name="Anne Morel", customer_email="anne@lilas.fr")
    pipeline = Pipeline(app.path)
    pipeline.run()
    pipeline.warehouse.close()
    luc = app.prospect(first_name="Luc", last_name="Roux", email="luc@roux.fr", phone=LUC)
    app.appointment(prospect_id=luc)
    app.appointment(customer_name="Jean Dupont", customer_email="jean@ex.fr")
    app.appointment(customer_name="Inconnu", customer_email="test@test.fr")
    app.conversation(HOSTILE, customer_name="Sans Contact")
    app.conversation("t2", customer_name="Anne Morel", customer_phone=ANNE)
    return app


@pytest.fixture(scope="module")
def report(three_tenants: AppDatabase) -> Report:
    return gathered(three_tenants)


def test_every_record_flows_from_its_source_by_its_evidence_to_its_outcome(report: Report) -> None:
    assert set(report.counts.flows) == {
        Flow("prospects", "email_and_phone", "live_customers", 1),
        Flow("prospects", "email_and_phone", "new_customers", 1),
        Flow("appointments", "phone", "live_customers", 1),
        Flow("appointments", "email", "live_customers", 1),
        Flow("appointments", "link", "new_customers", 1),
        Flow("appointments", "placeholder", "unlinked", 1),
        Flow("omni_conversations", "email", "live_customers", 1),
        Flow("omni_conversations", "phone", "new_customers", 1),
        Flow("omni_conversations", "no_identifier", "unlinked", 1),
    }
    assert (report.counts.new_customers, report.counts.live_customers) == (2, 2)


def test_cluster_sizes_count_every_customer_once(report: Report) -> None:
    sizes = {row.smallest: row.customers for row in report.counts.cluster_sizes}
    assert sizes == {1: 2, 2: 1, 3: 1}


def test_large_customers_are_counted_by_range(tmp_path: Path) -> None:
    app = AppDatabase(tmp_path / "app.db")
    for name, records in (("ten", 10), ("eleven", 11), ("twenty", 20), ("many", 101)):
        for _ in range(records):
            app.appointment(customer_name=name, customer_email=f"{name}@ex.fr")
    sizes = {row.smallest: row.customers for row in gathered(app).counts.cluster_sizes}
    assert sizes == {10: 1, 11: 2, 101: 1}


def test_shares_tell_before_from_after_for_each_tenant_and_source(report: Report) -> None:
    shares = {
        (row.tenant_id, row.source_table): (row.records, row.linked_before, row.linked)
        for row in report.counts.tenant_shares
    }
    assert shares == {
        ("t1", "prospects"): (2, 0, 2),
        ("t1", "appointments"): (4, 1, 3),
        ("t2", "omni_conversations"): (2, 1, 2),
        (HOSTILE, "omni_conversations"): (1, 0, 0),
    }
    assert [row.tenant_id for row in report.counts.tenant_shares] == ["t1", "t1", "t2", HOSTILE]


def test_tenants_beyond_the_largest_are_summed(three_tenants: AppDatabase, report: Report) -> None:
    summed = gathered(three_tenants, top_tenants=1).counts
    rest = [row for row in summed.tenant_shares if row.tenant_id is None]
    assert [(row.tenants, row.records, row.linked_before, row.linked) for row in rest] == [
        (2, 3, 1, 2)
    ]
    assert total_records(summed) == total_records(report.counts)


def total_records(counts: Counts) -> Counter[str]:
    totals: Counter[str] = Counter()
    for row in counts.tenant_shares:
        totals[row.source_table] += row.records
    return totals


@pytest.mark.parametrize("figure", FIGURES)
def test_plotly_accepts_every_figure(figure: Callable[..., dict], report: Report) -> None:
    drawn = plotly.graph_objects.Figure(figure(report.counts))
    assert drawn.data


def test_the_flow_figure_conserves_records_from_end_to_end(report: Report) -> None:
    (sankey,) = flow_figure(report.counts)["data"]
    received, sent = Counter(), Counter()
    for source, target, value in zip(
        sankey["link"]["source"], sankey["link"]["target"], sankey["link"]["value"], strict=True
    ):
        sent[source] += value
        received[target] += value
    middle = received.keys() & sent.keys()
    assert all(received[node] == sent[node] for node in middle)
    assert sum(received.values()) == 2 * sum(flow.records for flow in report.counts.flows)
    assert "new customers: 2" in sankey["node"]["label"]


def test_the_tenant_figure_draws_no_before_for_prospects(report: Report) -> None:
    drawn = Counter(trace["xaxis"] for trace in tenant_figure(report.counts)["data"])
    assert drawn == {"x": 1, "x2": 2, "x3": 2}


class Resources(HTMLParser):
    """What a page loads from elsewhere."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href")]


def test_a_report_file_loads_nothing(report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path / "report.html")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert Resources((tmp_path / "report.html").read_text(encoding="utf-8")).found == []


def test_a_report_holds_no_personal_detail(report: Report) -> None:
    page = render(report, self_contained=False)
    people = ("Jean", "Dupont", "Luc", "Roux", "Anne", "Morel", "jean@", "anne@", "luc@")
    for detail in (*people, JEAN[3:], ANNE[3:], LUC[3:]):
        assert detail not in page
    assert "t1" in page


def test_a_tenant_id_is_text_whatever_it_holds(report: Report) -> None:
    page = render(report, self_contained=False)
    assert HOSTILE not in page
    assert HOSTILE not in str(tenant_figure(report.counts)["layout"]["yaxis"]["ticktext"])
    assert "&lt;b&gt;t3" in str(tenant_figure(report.counts)["layout"]["yaxis"]["ticktext"])


def test_a_database_without_records_has_a_report_too(tmp_path: Path) -> None:
    report = gathered(AppDatabase(tmp_path / "app.db", tenants=("t1",)))
    counts = report.counts
    assert (counts.flows, counts.cluster_sizes, counts.tenant_shares) == ((), (), ())
    for figure in FIGURES:
        plotly.graph_objects.Figure(figure(report.counts))
    assert "<h1>" in render(report, self_contained=False)


def test_the_newest_reports_are_kept_beside_one_script(report: Report, tmp_path: Path) -> None:
    (tmp_path / SCRIPT).write_text("of another release", encoding="utf-8")
    written = [keep_report(report, tmp_path, kept=2) for _ in range(3)]
    assert {path.name for path in tmp_path.iterdir()} == {
        SCRIPT,
        *(path.name for path in written[1:]),
    }
    assert Resources(written[-1].read_text(encoding="utf-8")).found == [SCRIPT]
    assert "plotly.js v" in (tmp_path / SCRIPT).read_text(encoding="utf-8")[:200]


def test_a_report_that_cannot_be_written_is_one_clear_error(report: Report, tmp_path: Path) -> None:
    with pytest.raises(CoccinelleError, match=r"cannot be written to .*absent.*No such file"):
        write_report(report, tmp_path / "absent" / "report.html")


def test_a_run_goes_through_when_its_report_cannot_be_kept(
    app: AppDatabase, migrate: Callable[..., RunOutcome]
) -> None:
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    reports = app.home / "reports"
    assert migrate(dry_run=True, reports_kept=0).is_done
    assert not reports.exists()
    reports.write_text("in the way", encoding="utf-8")
    outcome = migrate()
    assert outcome.is_done
    assert len(app.customers()) == 1
    assert "report" not in outcome.reported


def test_a_report_that_cannot_be_counted_holds_no_promotion_up(
    app: AppDatabase,
    migrate: Callable[..., RunOutcome],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(connection: duckdb.DuckDBPyConnection) -> Counts:
        return connection.execute("SELECT * FROM identity.absent").fetchall()

    monkeypatch.setattr(run_report, "gather", fail)
    app.prospect(email="jean@ex.fr")
    outcome = migrate()
    assert outcome.is_done
    assert "report" not in outcome.reported
    assert len(app.customers()) == 1
    home = load_settings(database=app.path).dagster_home
    with dg.DagsterInstance.from_config(str(home)) as instance:
        told = [entry.user_message for entry in instance.all_logs(outcome.run_id)]
    (warning,) = [message for message in told if message.startswith("The report cannot be")]
    assert "absent" in warning
