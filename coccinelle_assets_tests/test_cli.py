"""The command line: exit codes, one JSON object on stdout, and nothing written unasked."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coccinelle_assets_tests.command_line import Done, coccinelle, coccinelle_here
from coccinelle_assets_tests.database_state import database_state
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import JEAN, LUC
from coccinelle_assets_tests.pipeline import Pipeline


def add_jean_and_anne(app: AppDatabase) -> None:
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr", phone=JEAN)
    app.appointment(customer_name="Jean Dupont", customer_phone=JEAN)
    app.conversation(customer_name="Anne Morel", customer_email="anne@lilas.fr")
    app.appointment(customer_name="Sans Contact")


def migrated(app: AppDatabase) -> Pipeline:
    """Migrate without Dagster, the warehouse where the command line looks for it."""
    home = app.home
    home.mkdir(parents=True, exist_ok=True)
    pipeline = Pipeline(app.path, str(home / "warehouse.duckdb"))
    pipeline.run()
    return pipeline


class Story:
    """A dry run, then a migration, of one database; bytes of the file at each point."""

    def __init__(self, app: AppDatabase) -> None:
        add_jean_and_anne(app)
        self.app = app
        self.before = app.path.read_bytes()
        self.dump_before = database_state(app.path)
        self.dry_run: Done = coccinelle("migrate", app.path, "--dry-run", "--json")
        self.after_dry_run = app.path.read_bytes()
        self.report = app.path.parent / "report.html"
        self.migration: Done = coccinelle("migrate", app.path, "--json", "--report", self.report)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, run_history: Path) -> Story:
    directory = tmp_path_factory.mktemp("story")
    shutil.copytree(run_history, directory / ".coccinelle" / "app.db" / "dagster")
    return Story(AppDatabase(directory / "app.db"))


def test_a_dry_run_says_what_would_change_and_changes_nothing(story: Story) -> None:
    assert story.dry_run.returncode == 0
    answer = story.dry_run.json
    assert answer["status"] == "dry_run"
    assert answer["promotion"]["new_customers"] == 2
    assert answer["promotion"]["appointment_links"] == 1
    assert answer["promotion"]["conversation_links"] == 1
    assert answer["promotion"]["rows_written"] == 4
    assert story.after_dry_run == story.before


def test_migrate_prints_one_object_with_the_outcome_the_checks_and_the_summary(
    story: Story,
) -> None:
    assert story.migration.returncode == 0
    answer = story.migration.json
    assert answer["status"] == "promoted"
    assert answer["refused_by"] == []
    assert answer["error"] is None
    assert answer["promotion"]["new_customers"] == 2
    assert database_state(Path(answer["promotion"]["backup"])) == story.dump_before
    assert {check["name"] for check in answer["checks"]} >= {"customer_emails_unique"}
    assert answer["summary"]["customers"] == 2
    assert answer["summary"]["customers_before"] == 0
    assert answer["summary"]["unlinked_by_reason"] == {"no_identifier": 1}
    shares = {row["source_table"]: row["linked_share"] for row in answer["summary"]["sources"]}
    assert shares == {"prospects": 1.0, "appointments": 0.5, "omni_conversations": 1.0}


def test_migrate_draws_a_report_where_it_is_told_and_one_into_the_home(story: Story) -> None:
    assert story.migration.json["promotion"]["report"] == str(story.report)
    run_id = story.migration.json["run_id"]
    page = story.report.read_text(encoding="utf-8")
    assert f"Run {run_id}" in page
    assert "Promoted: new customers 2" in page
    kept = sorted((story.app.home / "reports").glob("*.html"))
    dry, promoted = (path.read_text(encoding="utf-8") for path in kept)
    assert "dry run" in dry
    assert "Would write: new customers 2" in dry
    assert "Promoted: new customers 2" in promoted
    assert kept[-1].stat().st_size < 100_000 < story.report.stat().st_size


def test_a_report_without_a_directory_is_refused_before_anything_is_run(app: AppDatabase) -> None:
    report = app.path.parent / "absent" / "report.html"
    done = coccinelle_here("migrate", app.path, "--report", report)
    assert done.returncode == 1
    assert "make its directory first" in done.stderr
    assert [path.name for path in app.path.parent.iterdir()] == ["app.db"]


def test_what_the_command_migrated_verifies_and_can_be_explained(story: Story) -> None:
    verification = coccinelle("verify", story.app.path, "--json")
    assert verification.returncode == 0
    assert verification.json["holds"] is True
    linked = story.app.rows("SELECT customer_id FROM appointments WHERE customer_id IS NOT NULL")
    explanation = coccinelle("explain", story.app.path, linked[0][0], "--json")
    assert explanation.returncode == 0
    assert explanation.json["customer_id"] == linked[0][0]


def test_verify_answers_the_plans_five_queries_and_exits_with_3_when_a_check_fails(
    app: AppDatabase,
) -> None:
    add_jean_and_anne(app)
    migrated(app).warehouse.close()
    before = app.path.read_bytes()
    sound = coccinelle_here("verify", app.path, "--json")
    assert sound.returncode == 0
    assert list(sound.json["answers"]) == [
        "total_customers",
        "customers_by_source",
        "linked_appointments",
        "linked_conversations",
        "potential_duplicates",
    ]
    assert sound.json["answers"]["linked_appointments"] == [
        {"total_appointments": 2, "linked_to_customer": 1}
    ]
    assert app.path.read_bytes() == before
    app.execute("UPDATE customers SET total_appointments = 7 WHERE phone = ?", (JEAN,))
    spoiled = coccinelle_here("verify", app.path, "--json")
    assert spoiled.returncode == 3
    failed = [check for check in spoiled.json["checks"] if not check["holds"]]
    assert [check["name"] for check in failed] == ["statistics_match_links"]
    assert failed[0]["sample"][0]["linked_appointments"] == 1
    assert "FAILED" in coccinelle_here("verify", app.path).stdout


def test_explain_shows_the_chain_and_follows_a_merged_id(app: AppDatabase) -> None:
    add_jean_and_anne(app)
    luc = app.appointment(customer_name="Jean Dupont", customer_phone=LUC)
    pipeline = migrated(app)
    merged = app.links()[luc]
    both = app.conversation(customer_email="jean@ex.fr", customer_phone=LUC)
    pipeline.run()
    pipeline.warehouse.close()
    survivor = app.links()[luc]
    assert merged != survivor
    explained = coccinelle_here("explain", app.path, merged, "--json")
    assert explained.returncode == 0
    assert explained.json["asked_for"] == merged
    assert explained.json["customer_id"] == survivor
    ties = {tie["record"]: tie for tie in explained.json["ties"]}
    tie = ties[f"appointments/{luc}"]
    assert (tie["kind"], tie["value"]) == ("phone", LUC)
    assert f"omni_conversations/{both}" in ties
    shown = coccinelle_here("explain", app.path, merged).stdout
    assert f"{merged} was merged into {survivor}." in shown


@pytest.mark.parametrize(
    "question",
    ["jean@ex.fr", "<mailto:JEAN@ex.fr>", "06 11 47 82 93", "prospects:jean", "prospects/jean"],
)
def test_explain_answers_to_an_email_a_phone_and_a_record(app: AppDatabase, question: str) -> None:
    add_jean_and_anne(app)
    app.prospect(id="jean", email="jean@ex.fr", phone="+33611478293")
    app.prospect("t2", id="other", email="jean@ex.fr")
    migrated(app).warehouse.close()
    explained = coccinelle_here("explain", app.path, question, "--json").json
    assert explained["asked_for"] == question
    assert "jean" in {record["source_id"] for record in explained["records"]}
    others = [other["tenant_id"] for other in explained["others"]]
    assert (explained["tenant_id"], others) == ("t1", ["t2"] if "@" in question else [])
    assert (
        f"{explained['customer_id']} of t1" in coccinelle_here("explain", app.path, question).stdout
    )


def test_explain_says_why_a_record_or_a_value_has_no_customer(app: AppDatabase) -> None:
    add_jean_and_anne(app)
    nobody = app.appointment(customer_phone="n/a")
    migrated(app).warehouse.close()
    record = coccinelle_here("explain", app.path, f"appointments:{nobody}", "--json")
    assert record.returncode == 0
    assert record.json["customer_id"] is None
    assert record.json["unlinked"] == [
        {
            "tenant_id": "t1",
            "record": f"appointments/{nobody}",
            "reason": "placeholder",
            "raw_email": None,
            "raw_phone": "n/a",
        }
    ]
    value = coccinelle_here("explain", app.path, "n/a", "--json").json
    assert [(found["kind"], found["reason"]) for found in value["rejected"]] == [
        ("phone", "placeholder")
    ]
    shown = coccinelle_here("explain", app.path, f"appointments:{nobody}").stdout
    assert f"appointments/{nobody} of t1 has no customer: placeholder (n/a)" in shown
    assert "phone n/a ties nobody in t1" in coccinelle_here("explain", app.path, "n/a").stdout


def test_explain_needs_no_dagster(app: AppDatabase) -> None:
    add_jean_and_anne(app)
    migrated(app).warehouse.close()
    program = (
        "import sys; from coccinelle_assets.cli import app; app(standalone_mode=False);"
        " sys.exit(bool({'dagster', 'scipy', 'rapidfuzz'} & set(sys.modules)))"
    )
    arguments = ["explain", str(app.path), "jean@ex.fr", "--json"]
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True)
    assert done.returncode == 0, done.stderr


def test_explain_of_an_unknown_customer_is_one_clear_error(app: AppDatabase) -> None:
    add_jean_and_anne(app)
    migrated(app).warehouse.close()
    done = coccinelle_here("explain", app.path, "cust_nobody", "--json")
    assert done.returncode == 1
    assert "knows no customer cust_nobody" in done.json["error"]


def test_explain_before_any_run_says_to_migrate_first(app: AppDatabase) -> None:
    done = coccinelle_here("explain", app.path, "cust_nobody")
    assert done.returncode == 1
    assert "run a migration first" in done.stderr


def test_the_demo_verifies_itself_and_a_second_one_finds_nothing_to_write(tmp_path: Path) -> None:
    demo = ("demo", "--rows", "60", "--directory", tmp_path / "demo")
    first = coccinelle(*demo)
    assert first.returncode == 0, first.stderr
    assert "Wrote a demo database" in first.stdout
    assert "Promoted: new customers" in first.stdout
    assert "FAILED" not in first.stdout
    assert "dagster dev" in first.stdout
    before = (tmp_path / "demo" / "coccinelle.db").read_bytes()
    second = coccinelle(*demo)
    assert second.returncode == 0, second.stderr
    assert "Using the demo database that is there" in second.stdout
    assert "Skipped: nothing changed" in second.stdout
    assert (tmp_path / "demo" / "coccinelle.db").read_bytes() == before


def test_an_error_keeps_the_brackets_of_what_it_names(tmp_path: Path) -> None:
    done = coccinelle_here("verify", tmp_path / "[red]app.db")
    assert done.returncode == 1
    assert "[red]app.db" in done.stderr.replace("\n", "")
