"""Commands after a promotion: `triggers`, `contract`, `rollback`, `history`; their Dagster runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from coccinelle_assets.live.statistics.triggers import TRIGGERS
from coccinelle_assets.local_runs.instance import open_instance
from coccinelle_assets_tests.changes import add_people, contracted, install
from coccinelle_assets_tests.command_line import Done, coccinelle_here
from coccinelle_assets_tests.database_state import database_state
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.pipeline import Pipeline

KEPT = 2


class Story:
    """One database from its promotions to its rollback, command by command."""

    def __init__(self, app: AppDatabase, run_history: Path) -> None:
        self.app = app
        self.home = app.home
        shutil.copytree(run_history, self.home / "dagster")
        add_people(app)
        self.before = database_state(app.path)
        pipeline = Pipeline(app.path, backups_kept=KEPT)
        pipeline.run()
        app.appointment(id="nobody", customer_name="Sans Contact")
        app.appointment("t2", id="late", customer_email="eve@petit.fr")
        pipeline.run(["t2"])
        pipeline.warehouse.close()
        self.triggers = self.run("triggers", "--json")
        content = app.path.read_bytes()
        self.look = self.run("contract", "--json")
        self.look_as_text = self.run("contract")
        self.refused = self.run("contract", "--yes", "--json")
        self.untouched_by_refusals = app.path.read_bytes() == content
        self.contraction = self.run("contract", "--yes", "--anonymous", "--json")
        self.history = self.run("history", "--json")
        self.history_as_text = self.run("history")
        self.undone_contraction = self.run("rollback", "--to-previous", "--json")
        self.undone_promotion = self.run("rollback", "--to-previous", "--json")
        self.history_after = self.run("history", "--json")
        backups = self.backups()
        self.too_far = self.run("rollback", "--to-previous", "--json")
        self.backups_spared_by_a_refusal = self.backups() == backups
        self.rollback = self.run("rollback", "--json")

    def run(self, command: str, *options: str) -> Done:
        kept = {"COCCINELLE_BACKUPS_KEPT": str(KEPT)}
        return coccinelle_here(command, self.app.path, *options, **kept)

    def backups(self) -> list[Path]:
        return sorted((self.home / "backups").iterdir())

    def observations(self) -> list[dict[str, Any]]:
        """What Dagster remembers of the live customers, newest first."""
        key = dg.AssetKey(["live", "customers"])
        with open_instance(self.home / "dagster") as instance:
            records = instance.fetch_observations(key, limit=9).records
        return [
            {name: value.value for name, value in record.asset_observation.metadata.items()}
            for record in records
        ]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, run_history: Path) -> Story:
    return Story(AppDatabase(tmp_path_factory.mktemp("story") / "app.db"), run_history)


def test_triggers_says_what_it_installed(story: Story) -> None:
    assert story.triggers.returncode == 0, story.triggers.stderr
    done = story.triggers.json
    assert (done["status"], set(done["created"])) == ("done", set(TRIGGERS))
    assert done["statistics_corrected"] == 0


def test_contract_without_yes_lists_what_stands_in_the_way_and_writes_nothing(
    story: Story,
) -> None:
    assert story.look.returncode == 3
    failed = [check for check in story.look.json["checks"] if not check["holds"]]
    assert [check["name"] for check in failed] == ["contract_rows_linked"]
    assert failed[0]["sample"] == [
        {"source_table": "appointments", "id": "nobody", "tenant_id": "t1"}
    ]
    assert story.look_as_text.returncode == 3
    assert "FAILED" in story.look_as_text.stdout
    assert "nobody" in story.look_as_text.stdout
    assert "Add --yes to contract" in story.look_as_text.stdout


def test_contract_refused_by_a_gate_exits_with_3_and_writes_nothing(story: Story) -> None:
    assert story.refused.returncode == 3
    assert story.refused.json["status"] == "refused"
    assert story.refused.json["refused_by"] == ["contract_rows_linked"]
    assert story.untouched_by_refusals


def test_contract_tells_rows_archive_and_backup(story: Story) -> None:
    assert story.contraction.returncode == 0, story.contraction.stdout
    done = story.contraction.json
    assert (done["appointments_rows"], done["omni_conversations_rows"]) == (5, 2)
    assert done["anonymous_customers"] == 1
    assert Path(done["archive"]).parent == story.home / "contracts"
    assert Path(done["archive"]).is_file()
    assert done["backup"].endswith(".sqlite")


def test_history_shows_receipts_tenants_fingerprints_and_backups(story: Story) -> None:
    assert story.history.returncode == 0
    seen = story.history.json
    wave, first = seen["promotions"]
    assert (wave["run_id"], wave["tenants"]) == ("run-0002", ["t2"])
    assert (first["run_id"], first["tenants"]) == ("run-0001", None)
    assert first["counts"]["customers"] == 3
    assert wave["counts"]["new_customers"] == 1
    for receipt in (wave, first):
        assert receipt["undone_at"] is None
        assert receipt["promoted_at"]
        assert set(receipt["checksums"]) == {"customers", "appointment_links", "conversation_links"}
        assert all(len(value) == 32 for value in receipt["checksums"].values())
    assert wave["checksums"] != first["checksums"]
    assert seen["contracted_at"]
    assert seen["archive"] == Path(story.contraction.json["archive"]).name
    # Two promotions and a contraction made one each: the newest are kept.
    assert len(seen["backups"]) == KEPT
    assert seen["backups"][0]["path"] == story.contraction.json["backup"]
    assert seen["backup_bytes"] == sum(backup["bytes"] for backup in seen["backups"]) > 8192


def test_history_is_readable(story: Story) -> None:
    text = story.history_as_text.stdout
    assert "run-0001" in text
    assert "t2" in text
    assert "Contracted at" in text
    assert story.contraction.json["backup"] in text
    assert f"{KEPT} backups, 0." in text


def test_rollback_to_previous_undoes_one_step_at_a_time(story: Story) -> None:
    assert story.undone_contraction.returncode == 0, story.undone_contraction.stdout
    assert story.undone_contraction.json["undone"] == "contraction"
    assert story.undone_promotion.returncode == 0, story.undone_promotion.stdout
    done = story.undone_promotion.json
    assert (done["undone"], done["left"], done["customers_removed"]) == ("promotion", 0, 1)
    undone = [receipt["undone_at"] for receipt in story.history_after.json["promotions"]]
    assert undone[0]
    assert undone[1] is None
    assert story.history_after.json["contracted_at"] is None


def test_a_rollback_that_is_refused_is_one_clear_error_and_costs_no_backup(story: Story) -> None:
    assert story.too_far.returncode == 1
    assert story.too_far.json["status"] == "error"
    assert "the first one" in story.too_far.json["error"]
    assert story.backups_spared_by_a_refusal


def test_rollback_gives_the_database_back(story: Story) -> None:
    assert story.rollback.returncode == 0, story.rollback.stdout
    assert story.rollback.json["undone"] == "everything"
    assert story.rollback.json["customers_removed"] == 3
    after = database_state(story.app.path)
    assert after.objects == story.before.objects
    for table, rows in story.before.rows.items():
        assert set(rows) <= set(after.rows[table])


def test_every_rollback_leaves_an_observation_and_a_backup(story: Story) -> None:
    seen = story.observations()
    assert [row["undone"] for row in seen] == ["everything", "promotion", "contraction"]
    assert {row["left"] for row in seen} == {0}
    assert Path(seen[0]["backup"]) == story.backups()[-1]
    assert "-rollback-" in seen[0]["backup"]


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (("triggers",), "no promoted customers"),
        (("rollback",), "nothing to roll back"),
        (("rollback", "--to-previous"), "nothing to roll back"),
        (("contract",), "no promoted customers"),
    ],
)
def test_before_a_promotion_every_command_says_to_migrate(
    command: tuple[str, ...], error: str, app: AppDatabase, run_history: Path
) -> None:
    shutil.copytree(run_history, app.home / "dagster")
    content = app.path.read_bytes()
    done = coccinelle_here(command[0], app.path, *command[1:], "--json")
    assert done.returncode == 1
    assert error in done.json["error"]
    assert app.path.read_bytes() == content


def test_history_of_a_database_that_was_never_promoted_is_empty(app: AppDatabase) -> None:
    done = coccinelle_here("history", app.path, "--json")
    assert done.returncode == 0
    assert done.json == {
        "promotions": [],
        "contracted_at": None,
        "archive": None,
        "backups": [],
        "backup_bytes": 0,
    }


def test_contract_twice_and_a_rollback_without_its_archive_are_clear_errors(
    app: AppDatabase, run_history: Path
) -> None:
    shutil.copytree(run_history, app.home / "dagster")
    add_people(app)
    Pipeline(app.path).run()
    install(app)
    archive = contracted(app).archive
    again = coccinelle_here("contract", app.path, "--yes", "--json")
    assert again.returncode == 1
    assert "is contracted already" in again.json["error"]
    archive.unlink()
    lost = coccinelle_here("rollback", app.path, "--json")
    assert lost.returncode == 1
    assert f"{archive.name} holds the columns" in lost.json["error"]
