"""A report or a script is never written over data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from coccinelle_assets.cli import app as command_line
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.local_runs.run_job import run_migration
from coccinelle_assets.outputs import require_output
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.databases import AppDatabase


def files_of(app: AppDatabase) -> dict[str, str]:
    """What an output may be named, and what the refusal says."""
    folder = app.path.parent
    AppDatabase(folder / "other.db")
    duckdb.connect(folder / "other.duckdb").close()
    (folder / "link.html").symlink_to(app.path)
    (folder / "notes.html").write_text("mine", encoding="utf-8")
    (folder / "folder").mkdir()
    for name in ("other.db-wal", "other.db-journal", "other.duckdb.wal"):
        (folder / name).write_text("pages", encoding="utf-8")
    return {
        "app.db": "is the live database",
        "app.db-wal": "is the live database",
        "app.db-shm": "is the live database",
        "link.html": "is the live database",
        "../" + folder.name + "/app.db": "is the live database",
        ".coccinelle/app.db/warehouse.duckdb": "is in the home",
        ".coccinelle/app.db/new.html": "is in the home",
        "other.db": "is a database",
        "other.duckdb": "is a database",
        "other.db-wal": "a file of one",
        "other.db-journal": "a file of one",
        "other.duckdb.wal": "a file of one",
        "folder": "directory",
        "notes.html": "is there already",
    }


def test_an_output_that_would_destroy_something_is_refused(
    small: AppDatabase, untouched: Callable[[], bool]
) -> None:
    assert untouched()
    folder = small.path.parent
    for name, reason in files_of(small).items():
        for force in (False, True):
            if force and name == "notes.html":
                continue
            with pytest.raises(CoccinelleError, match=reason):
                require_output(folder / name, small.path, small.home, force=force)
    require_output(folder / "notes.html", small.path, small.home, force=True)
    require_output(folder / "new.html", small.path, small.home, force=False)
    assert untouched()


@pytest.mark.parametrize("option", ["--report", "--sql"])
def test_the_command_writes_over_nothing(
    option: str, small: AppDatabase, untouched: Callable[[], bool]
) -> None:
    assert untouched()
    for name in ("app.db", "app.db-wal"):
        target = str(small.path.with_name(name))
        done = CliRunner().invoke(command_line, ["migrate", str(small.path), option, target])
        assert done.exit_code == 1
        assert "is the live database" in " ".join(done.stderr.split())
    assert not small.home.exists()
    assert untouched()


def test_a_script_that_dagster_writes_is_held_to_the_same(
    small: AppDatabase, tmp_path: Path, untouched: Callable[[], bool]
) -> None:
    assert untouched()
    settings = load_settings(database=small.path)
    outcome = run_migration(settings, dry_run=True, even_if_unchanged=True, sql=small.path)
    assert outcome.status == "error"
    assert "is the live database" in str(outcome.error)
    assert untouched()
    script = tmp_path / "plan.sql"
    script.write_text("-- mine", encoding="utf-8")
    for force in (False, True):
        outcome = run_migration(
            settings, dry_run=True, even_if_unchanged=True, sql=script, force=force
        )
        assert outcome.is_done == force
    assert "INSERT" in script.read_text(encoding="utf-8")
