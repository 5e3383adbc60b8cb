"""Tables whose names begin like the scripts' own are the application's, and are kept as such."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.changeset.own_tables import is_own, require_names_free
from coccinelle_assets.live.changeset.script import write_script
from coccinelle_assets.live.changeset.trial import apply_script, check_script
from coccinelle_assets_tests.changes import add_people, contracted, install, promote
from coccinelle_assets_tests.databases import AppDatabase

OURS = (
    "coccinelle_receipts", "coccinelle_deferred", "coccinelle_guards", "Coccinelle_Wave_Tenants",
    "coccinelle_stage_new", "coccinelle_stage_12_update", "coccinelle_old_appointments",
)  # fmt: skip
THEIRS = ("coccinelle_notes", "coccinelle_stage", "coccinelle_old_notes", "coccinelle_receipts_2")


def test_the_list_of_names_is_closed() -> None:
    assert [name for name in (*OURS, *THEIRS) if is_own(name)] == list(OURS)


def test_every_table_that_a_script_makes_is_on_the_list(app: AppDatabase, tmp_path: Path) -> None:
    add_people(app)
    before, after = tmp_path / "before.sqlite", tmp_path / "after.sqlite"
    shutil.copyfile(app.path, before)
    promote(app)
    shutil.copyfile(app.path, after)
    script = write_script(before, after, tmp_path / "change.sql", name="promotion")
    made = {
        word.strip('"(')
        for line in script.path.read_text(encoding="utf-8").splitlines()
        for word in line.split()
        if word.strip('"(').startswith("coccinelle_") and line.startswith("CREATE TABLE")
    }
    assert made
    assert [name for name in made if not is_own(name)] == []


@pytest.mark.parametrize("name", OURS)
def test_an_applications_table_under_one_of_the_names_is_refused(
    name: str, app: AppDatabase, tmp_path: Path
) -> None:
    app.execute(f"CREATE TABLE {name} (n INTEGER PRIMARY KEY, text TEXT)")
    with (
        closing(app.connect()) as connection,
        pytest.raises(CoccinelleError, match=f"a table {name}, a name that"),
    ):
        require_names_free(connection)
    after = tmp_path / "after.sqlite"
    shutil.copyfile(app.path, after)
    with pytest.raises(CoccinelleError, match=f"a table {name}, a name that"):
        write_script(app.path, after, tmp_path / "change.sql", name="nothing")


def test_children_of_that_beginning_keep_their_rows_in_a_contraction(
    app: AppDatabase, tmp_path: Path
) -> None:
    add_people(app)
    app.execute(
        "CREATE TABLE coccinelle_notes (n INTEGER PRIMARY KEY,"
        " appointment TEXT REFERENCES appointments (id) ON DELETE CASCADE)"
    )
    app.execute("INSERT INTO coccinelle_notes (appointment) VALUES ('v1'), ('v2')")
    promote(app)
    install(app)
    before, after = tmp_path / "before.sqlite", tmp_path / "after.sqlite"
    shutil.copyfile(app.path, before)
    contracted(app, anonymous=True)
    assert app.rows("SELECT count(*) FROM coccinelle_notes") == [(2,)]
    shutil.copyfile(app.path, after)
    script = write_script(before, after, tmp_path / "change.sql", name="contraction")
    check_script(script, before, after)
    apply_script(script.path, before)
    with closing(sqlite3.connect(before)) as connection:
        assert connection.execute("SELECT count(*) FROM coccinelle_notes").fetchone() == (2,)


def test_rows_that_a_script_loses_are_noticed_whatever_their_table_is_called(
    app: AppDatabase, tmp_path: Path
) -> None:
    add_people(app)
    app.execute("CREATE TABLE coccinelle_notes (n INTEGER PRIMARY KEY)")
    app.execute("INSERT INTO coccinelle_notes VALUES (1)")
    before, after = tmp_path / "before.sqlite", tmp_path / "after.sqlite"
    shutil.copyfile(app.path, before)
    promote(app)
    shutil.copyfile(app.path, after)
    script = write_script(before, after, tmp_path / "change.sql", name="promotion")
    check_script(script, before, after)
    with closing(sqlite3.connect(after)) as connection, connection:
        connection.execute("INSERT INTO coccinelle_notes VALUES (2)")
    with pytest.raises(CoccinelleError, match="coccinelle_notes"):
        check_script(script, before, after)
