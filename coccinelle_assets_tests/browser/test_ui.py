"""The Dagster UI in a real browser: launch, see a gate hold, read why, mend, see it promoted.

The tests go on from one another, in order, as one person's session: a run takes half a minute.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from coccinelle_assets.definitions import build_defs

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from coccinelle_assets_tests.browser.dagster_ui import DagsterUI

pytestmark = pytest.mark.browser

STRAY = "prospect_of_a_tenant_that_is_gone"
CONFIG = """\
ops:
  promotion:
    config:
      dry_run: false
resources:
  gate_thresholds:
    config:
      max_rejected_share: 0.9
"""


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def execute(database: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, values)


@dataclass(frozen=True)
class Held:
    """A run that a gate held, and the database's bytes before it."""

    run_id: str
    before: bytes


@pytest.fixture(scope="module")
def held(ui: DagsterUI, database: Path) -> Held:
    """The migration launched on a spoiled database."""
    execute(
        database,
        "INSERT INTO prospects (id, tenant_id, first_name, last_name, email)"
        " VALUES (?, 'tenant_gone', 'Jean', 'Perdu', 'jean.perdu@free.fr')",
        STRAY,
    )
    before = database.read_bytes()
    run_id = ui.launch("migrate_customers", CONFIG)
    ui.expect_run_to_end_in("Failure")
    return Held(run_id, before)


@pytest.fixture(scope="module")
def promoted(ui: DagsterUI, database: Path, held: Held) -> str:
    """The migration launched again after mending; the run's id."""
    execute(database, "DELETE FROM prospects WHERE id = ?", STRAY)
    run_id = ui.launch("migrate_customers", CONFIG)
    ui.expect_run_to_end_in("Success")
    assert run_id != held.run_id
    return run_id


def test_the_run_that_was_launched_carries_the_config_of_the_launchpad(
    ui: DagsterUI, held: Held
) -> None:
    ui.open(f"/runs/{held.run_id}")
    ui.page.get_by_role("button", name="View tags and config").click()
    shown = ui.page.get_by_role("dialog")
    ui.expect(shown).to_contain_text("max_rejected_share: 0.9")
    ui.expect(shown).to_contain_text("dry_run: false")


def test_a_failed_gate_holds_the_promotion_and_the_database_is_untouched(
    held: Held, database: Path
) -> None:
    assert database.read_bytes() == held.before
    assert rows(database, "SELECT 1 FROM sqlite_master WHERE name = 'customers'") == []


def test_the_failed_checks_page_shows_who_offends(ui: DagsterUI, held: Held) -> None:
    page = ui.open_check("identity/contacts", "record_tenants_exist")
    ui.expect(page).to_contain_text("This is a blocking asset check.")
    ui.expect(page).to_contain_text("1 offending rows")
    ui.expect(page.get_by_role("cell", name="tenant_gone", exact=True)).to_be_visible()
    ui.expect(page.get_by_role("cell", name=STRAY, exact=True)).to_be_visible()
    ui.picture("failed_gate")


def test_after_mending_the_same_launch_promotes(database: Path, promoted: str) -> None:
    receipts = rows(database, "SELECT run_id FROM customer_promotions")
    assert receipts == [(promoted,)]
    [(customers, linked)] = rows(
        database,
        "SELECT (SELECT count(*) FROM customers),"
        " (SELECT count(*) FROM appointments WHERE customer_id IS NOT NULL)",
    )
    assert customers > 0
    assert linked > customers / 2


def test_the_check_that_held_is_shown_as_passed(ui: DagsterUI, promoted: str) -> None:
    page = ui.open_check("identity/contacts", "record_tenants_exist")
    ui.expect(page.get_by_text("Passed", exact=True).first).to_be_visible()


def test_the_lineage_shows_every_asset(ui: DagsterUI, promoted: str) -> None:
    graph = ui.open_lineage()
    for spec in build_defs().resolve_all_asset_specs():
        layer, name = spec.key.path
        ui.expect(graph.get_by_text(layer, exact=True).first).to_be_visible()
        # A long name loses its middle.
        shown = re.compile(f"^({name}|{name[:4]}.*….*{name[-4:]})$")
        ui.expect(graph.get_by_text(shown).first).to_be_visible()
    ui.picture("lineage", around=graph.locator("foreignObject"))


def test_customers_are_shown_with_their_metadata_and_a_masked_sample(
    ui: DagsterUI, database: Path, promoted: str
) -> None:
    page = ui.open_asset("ssot/customers", "events")
    ui.expect(page).to_contain_text("dagster/row_count")
    sample = page.get_by_role("table").filter(has_text="first_name").last
    ui.expect(sample).to_contain_text("cust_")
    ui.picture("customers")
    text = sample.inner_text()
    [(customer_id, email, phone)] = rows(
        database,
        "SELECT id, email, phone FROM customers"
        " WHERE email IS NOT NULL AND phone IS NOT NULL ORDER BY id LIMIT 1",
    )
    assert customer_id in text
    assert f"{email[0]}***@" in text
    assert email not in page.inner_text()
    assert phone not in page.inner_text()


def test_promoted_counts_are_plotted(ui: DagsterUI, promoted: str) -> None:
    page = ui.open_asset("live/customers", "overview")
    page.get_by_role("button", name="Plots").click()
    ui.expect(page.get_by_text("new_customers", exact=True)).to_be_visible()
    ui.expect(page.locator("canvas").first).to_be_visible()


def test_the_report_that_the_promotion_links_opens_without_a_network(
    ui: DagsterUI, browser: Browser, promoted: str
) -> None:
    page = ui.open_asset("live/customers", "events")
    link = page.get_by_text(f"-{promoted[:8]}.html")
    ui.expect(link).to_be_visible()
    report = Path(link.inner_text())
    requested = []
    tab = browser.new_page(viewport={"width": 1200, "height": 950})
    tab.on("request", lambda request: requested.append(request.url))
    tab.goto(report.as_uri())
    for figure in (".sankey-node", ".barlayer .bars .point", ".xy .bars .point"):
        ui.expect(tab.locator(figure).first).to_be_visible()
    ui.expect(tab.locator(".js-plotly-plot")).to_have_count(3)
    assert {url.partition(":")[0] for url in requested} <= {"file", "data", "blob"}
    ui.picture("report", tab)
    tab.close()
