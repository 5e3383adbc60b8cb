"""A home belongs to one database, and knows it when it comes under another name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coccinelle_assets.automation.jobs import MIGRATE, PROMOTE
from coccinelle_assets.cli.base import app as command_line
from coccinelle_assets.definitions import build_defs
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.home import held_home
from coccinelle_assets.live.home_owner import NOTE, claim_home, read_owner, require_home
from coccinelle_assets.live.open_database import database_of
from coccinelle_assets.local_runs.run_job import RunOutcome, run_migration, run_rollback
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.databases import AppDatabase


@pytest.fixture
def promoted(small: AppDatabase, migrate: Callable[..., RunOutcome]) -> AppDatabase:
    assert migrate().is_done
    return small


@pytest.fixture
def other(tmp_path: Path) -> AppDatabase:
    """Another database, beside the first."""
    database = AppDatabase(tmp_path / "other.db")
    database.prospect(first_name="Anne", last_name="Morel", email="anne@lilas.fr")
    return database


def outcome_of(database: Path, **settings: object) -> RunOutcome:
    return run_migration(load_settings(database=database, **settings))


def test_databases_of_one_folder_have_a_home_each(
    promoted: AppDatabase, other: AppDatabase, tmp_path: Path
) -> None:
    """What a newcomer's `cp app.db try.db` makes."""
    copy = Path(shutil.copyfile(promoted.path, tmp_path / "try.db"))
    backups = sorted((promoted.home / "backups").iterdir())
    for path in (copy, other.path):
        assert outcome_of(path).is_done
        assert (tmp_path / ".coccinelle" / path.name / "warehouse.duckdb").exists()
    assert sorted((promoted.home / "backups").iterdir()) == backups


@pytest.mark.parametrize("job", [MIGRATE, PROMOTE])
def test_a_run_of_dagster_refuses_the_home_of_another_database(
    job: str, promoted: AppDatabase, other: AppDatabase
) -> None:
    content = other.path.read_bytes()
    definitions = build_defs(load_settings(database=other.path, home=promoted.home))
    result = definitions.resolve_job_def(job).execute_in_process(
        raise_on_error=False, run_config={"loggers": {"progress": {}}}
    )
    reasons = " ".join(
        event.step_failure_data.user_failure_data.description
        for event in result.all_events
        if event.is_step_failure
    )
    assert f"belongs to the database {promoted.path.resolve()}" in reasons
    assert "other.db" in reasons
    assert other.path.read_bytes() == content


COMMANDS = (["migrate"], ["rollback"], ["triggers"], ["contract", "--yes"], ["history"])


@pytest.mark.parametrize("command", [*COMMANDS, ["explain"]], ids=lambda command: command[0])
def test_every_command_refuses_the_home_of_another_database(
    command: list[str], promoted: AppDatabase, other: AppDatabase
) -> None:
    assert outcome_of(other.path).is_done
    content, mine = other.path.read_bytes(), promoted.path.read_bytes()
    question = ["anne@lilas.fr"] if command == ["explain"] else []
    name, *options = command
    done = CliRunner().invoke(
        command_line, [name, str(other.path), *question, *options, "--home", str(promoted.home)]
    )
    assert done.exit_code == 1
    message = "".join(done.stderr.split())
    assert f"belongstothedatabase{promoted.path.resolve()}" in message
    assert "other.db" in message
    assert (other.path.read_bytes(), promoted.path.read_bytes()) == (content, mine)


@pytest.mark.parametrize("named", [False, True], ids=["found", "named"])
def test_a_database_that_is_renamed_keeps_its_home(named: bool, promoted: AppDatabase) -> None:
    """It is found beside the new one's place, or was named and is the database's own still."""
    old = promoted.home
    kept = {path.name for path in (old / "backups").iterdir()}
    promoted.execute("UPDATE customers SET first_name = 'Jeannot'")
    promoted.path = promoted.path.rename(promoted.path.with_name("renamed.db"))
    home = old if named else promoted.home
    assert outcome_of(promoted.path, home=home).is_done
    assert kept <= {path.name for path in (home / "backups").iterdir()}
    assert read_owner(home).database == "../../renamed.db"
    assert old.exists() is named or read_owner(old) is None
    # What the application edited is remembered as such.
    assert {row["first_name"] for row in promoted.customers()} == {"Jeannot"}


def test_a_folder_that_is_copied_has_a_home_of_its_own(
    promoted: AppDatabase, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("copy") / "folder"
    there = AppDatabase.at(Path(shutil.copytree(promoted.path.parent, copy)) / "app.db")
    there.prospect(first_name="Zoe", last_name="Roche", email="zoe@roche.fr")
    outcome = outcome_of(there.path)
    assert outcome.reported["new_customers"] == 1


def test_another_database_in_the_place_of_the_first_is_told_from_it(
    promoted: AppDatabase, other: AppDatabase
) -> None:
    assert outcome_of(other.path).is_done
    shutil.copyfile(other.path, promoted.path)
    with pytest.raises(CoccinelleError, match="before another one took its place") as refusal:
        outcome_of(promoted.path)
    assert str(promoted.path) in str(refusal.value)
    elsewhere = promoted.path.with_name("elsewhere")
    assert outcome_of(promoted.path, home=elsewhere).is_done


def test_a_database_without_promotions_is_the_same_one(promoted: AppDatabase) -> None:
    """A backup of before the first promotion that was put back, or a full rollback; then on."""
    settings = load_settings(database=promoted.path)
    assert run_rollback(settings, to_previous=False).is_done
    assert run_migration(settings).is_done
    oldest = min((promoted.home / "backups").iterdir())
    shutil.copyfile(oldest, promoted.path)
    assert run_migration(settings, dry_run=True).is_done
    assert run_migration(settings).is_done
    promoted.prospect(first_name="Zoe", last_name="Roche", email="zoe@roche.fr")
    assert run_migration(settings).is_done
    (promoted.home / NOTE).write_text("[]")
    assert run_migration(settings, even_if_unchanged=True).is_done


def make_older(home: Path) -> None:
    """Move what a home keeps to where versions before kept it, for all databases of a folder."""
    (home / NOTE).unlink()
    for path in home.iterdir():
        shutil.move(path, home.parent / path.name)
    home.rmdir()


def test_a_home_of_an_older_version_is_taken_over(
    promoted: AppDatabase, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = {path.name for path in (promoted.home / "backups").iterdir()}
    make_older(promoted.home)
    done = CliRunner().invoke(command_line, ["history", str(promoted.path), "--json"])
    assert {Path(row["path"]).name for row in json.loads(done.stdout)["backups"]} == kept
    assert f"{promoted.home} takes over" in " ".join(done.stderr.split())
    assert not (promoted.home.parent / "warehouse.duckdb").exists()
    skipped = outcome_of(promoted.path)
    assert "unchanged_since" in skipped.reported


def test_of_a_home_that_several_shared_only_what_is_its_own_is_taken_over(
    promoted: AppDatabase, other: AppDatabase, tmp_path: Path
) -> None:
    """Its backups; whose the warehouse and the rest are is not known."""
    shared = tmp_path / ".coccinelle"
    kept = {path.name for path in (promoted.home / "backups").iterdir()}
    make_older(promoted.home)
    (shared / "backups" / "20260101T000000000000Z-0a1b2c3d.sqlite").touch()
    assert outcome_of(promoted.path).is_done
    assert kept <= {path.name for path in (promoted.home / "backups").iterdir()}
    assert [path.name for path in (shared / "backups").iterdir()] == [
        "20260101T000000000000Z-0a1b2c3d.sqlite"
    ]
    assert (shared / "warehouse.duckdb").exists()


def test_a_home_in_use_is_not_taken_over(promoted: AppDatabase) -> None:
    make_older(promoted.home)
    with (
        held_home(promoted.home.parent, "an older run", 0),
        pytest.raises(CoccinelleError, match="is in use by a run"),
    ):
        outcome_of(promoted.path)
    assert outcome_of(promoted.path).is_done


def test_dagsters_home_stays_where_the_environment_has_it(
    promoted: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server may be using it."""
    make_older(promoted.home)
    served = promoted.home.parent / "dagster"
    monkeypatch.setenv("DAGSTER_HOME", str(served))
    assert outcome_of(promoted.path).is_done
    assert served.exists()
    assert not (promoted.home / "dagster").exists()


def test_an_empty_setting_counts_as_unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COCCINELLE_HOME", "")
    monkeypatch.setenv("COCCINELLE_MEMORY_LIMIT_MB", "")
    settings = load_settings(database=tmp_path / "app.db")
    assert settings.home_directory == tmp_path / ".coccinelle" / "app.db"
    assert settings.memory_limit_mb is None


def test_the_local_and_the_remote_d1_database_of_a_name_have_a_home_each(tmp_path: Path) -> None:
    homes = {
        load_settings(
            database=Path("d1:app"), wrangler_dir=tmp_path, d1_remote=remote
        ).home_directory
        for remote in (True, False)
    }
    assert homes == {tmp_path / ".coccinelle" / f"d1-app-{mode}" for mode in ("remote", "local")}


def test_a_home_is_claimed_once_and_read_without_a_trace(small: AppDatabase) -> None:
    settings = load_settings(database=small.path)
    database, home = database_of(settings), settings.home_directory
    require_home(home, str(small.path), database)
    assert not home.exists()
    home.mkdir(parents=True)
    claim_home(home, str(small.path), database)
    assert read_owner(home).promotions == []
