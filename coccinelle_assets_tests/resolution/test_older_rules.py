"""The first run under these rules, over a database that the rules before them promoted.

data/promoted_by_older_rules.tar.xz has that database, a demo of 240 records and these cases, and
what its warehouse remembers.
"""

from __future__ import annotations

import shutil
import tarfile
from collections import defaultdict
from pathlib import Path

import pytest

from coccinelle_assets.local_runs.run_job import RunOutcome, run_migration
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import holds

PROMOTED = Path(__file__).with_name("data") / "promoted_by_older_rules.tar.xz"
# The ids of the cases' records; the demo's are others.
CASES = ("a10", "c10")
NAMES = "SELECT id, customer_name, customer_id FROM {} WHERE customer_name <> ''"


@pytest.fixture
def older(tmp_path: Path, run_history: Path) -> AppDatabase:
    with tarfile.open(PROMOTED) as archive:
        archive.extractall(tmp_path, filter="data")
    app = AppDatabase.at(tmp_path / "app.db")
    shutil.copytree(run_history, app.home / "dagster")
    return app


def run(app: AppDatabase, **settings: object) -> RunOutcome:
    return run_migration(load_settings(database=app.path, **settings), even_if_unchanged=True)


def customers_by_name(app: AppDatabase) -> dict[str, set[str | None]]:
    found: dict[str, set[str | None]] = defaultdict(set)
    for table in ("appointments", "omni_conversations"):
        for _, name, customer_id in app.rows(NAMES.format(table)):
            found[name].add(customer_id)
    return found


def test_ids_stay_or_are_accounted_for_by_a_merge_or_a_split(older: AppDatabase) -> None:
    before = {row["id"] for row in older.customers()}
    links = older.links()
    outcome = run(older, max_customer_drift=1000)
    assert outcome.is_done, (outcome.error, outcome.refused)
    after = {row["id"] for row in older.customers()}
    merged = {merged for (merged,) in older.rows("SELECT merged_id FROM customer_merges")}
    assert before - after == merged
    summary = {name: outcome.reported[name] for name in ("new_customers", "merged_customers")}
    assert summary["merged_customers"] == len(merged)
    assert len(after - before) == summary["new_customers"]
    assert holds(older.path)
    # Whoever is no case of theirs keeps the link.
    now = older.links()
    moved = {record for record in links if links[record] and now[record] != links[record]}
    assert all(record.startswith(CASES) for record in moved)
    assert run(older, max_customer_drift=1000).reported["rows_written"] == 0


def test_each_case_is_as_these_rules_have_it(older: AppDatabase) -> None:
    was = customers_by_name(older)
    assert was["Jean Masque"] == was["Anne Masquee"] != {None}
    assert was["Paul Poste"] == was["Lise Poste"]
    assert was["Ana Passant"] == was["Hal Passant"]
    assert was["Ines Accueil"] == was["Rosa Caisse"]
    assert len(was["Gil Mail"]) == 2
    assert run(older, max_customer_drift=1000).is_done
    now = customers_by_name(older)
    assert now["Jean Masque"].isdisjoint(now["Anne Masquee"] - {None})
    for one, other in (
        ("Paul Poste", "Lise Poste"),
        ("Ana Passant", "Hal Passant"),
        ("Ines Accueil", "Rosa Caisse"),
    ):
        assert None not in now[one] | now[other]
        assert now[one].isdisjoint(now[other])
    for name in ("Gil Mail", "Rose Reunion", "Deux Numeros"):
        assert len(now[name]) == 1, name
        assert None not in now[name]
    names = {row["email"]: row["last_name"] for row in older.customers()}
    assert names["vrai.nom@free.fr"] == "Nom"
    line = "SELECT DISTINCT customer_id FROM omni_conversations"
    assert len(older.rows(f"{line} WHERE customer_email LIKE 'passage%'")) == 10


def test_a_dry_run_tells_what_would_change(older: AppDatabase) -> None:
    content = older.path.read_bytes()
    settings = load_settings(database=older.path, max_customer_drift=1000)
    outcome = run_migration(settings, dry_run=True)
    assert outcome.reported["new_customers"] > 0
    assert outcome.reported["merged_customers"] > 0
    assert older.path.read_bytes() == content
