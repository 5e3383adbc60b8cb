"""A real local D1: wrangler and workerd as package.json pins them, a project folder for each test.

These tests fail where wrangler is not installed (.ci/install-wrangler); they never skip.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from coccinelle_assets.live.changeset.script import write_script
from coccinelle_assets.live.d1.database import D1Database, open_d1
from coccinelle_assets.live.d1.mirror import fetch_mirror
from coccinelle_assets.live.d1.needs import Needs, rows_for_changes, rows_of
from coccinelle_assets.live.database import Change
from coccinelle_assets.live.sqlite.columns import primary_key, stored_columns
from coccinelle_assets.live.sqlite.empty_copy import empty_copy
from coccinelle_assets.live.sqlite.snapshot import copy_database
from coccinelle_assets.live.sqlite.virtual_tables import virtual_tables
from coccinelle_assets.location import D1Place
from coccinelle_assets.sql import quoted
from coccinelle_assets_tests.database_state import application_state

HERE = Path(__file__).parent
BINARIES = HERE / "node_modules" / ".bin"
NAME = "coccinelle-db"


class Project:
    """A folder with a wrangler.toml, its local D1 database, and the home beside it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.home = directory / ".coccinelle" / f"d1-{NAME}-00000000-local"
        directory.mkdir(parents=True, exist_ok=True)
        for name in ("wrangler.toml", "worker.js"):
            shutil.copyfile(HERE / name, directory / name)

    @property
    def database(self) -> D1Database:
        return open_d1(D1Place(NAME, self.directory, remote=False), self.home, 30)

    def load(self, database: Path) -> None:
        """Make the D1 database hold what a SQLite file holds."""
        empty = self.directory / "empty.db"
        empty.unlink(missing_ok=True)
        empty.touch()
        script = write_script(empty, database, self.directory / "load.sql", name="load")
        self.database.wrangler.execute_file(script.path)
        self.database.wrangler.execute(
            "DROP TABLE coccinelle_receipts; DROP TABLE coccinelle_deferred"
        )

    def mirror(self) -> Path:
        """What the D1 database holds now, as a SQLite file."""
        target = self.directory / "now.sqlite"
        fetch_mirror(self.database.wrangler, target, all_rows)
        return target

    def rows(self, query: str) -> list[dict[str, object]]:
        (rows,) = self.database.wrangler.query(query)
        return rows

    def change(
        self, name: str, work: Callable[[sqlite3.Connection], Any], expected: Path
    ) -> Change[Any]:
        """A change, with what SQLite makes of the same work in the file `expected`."""
        before = self.mirror()
        change = self.database.change(name, keeping(expected, work))
        complete(expected, before)
        return change

    def assert_holds(self, database: Path) -> None:
        """Row for row, object for object, the D1 database is what a SQLite file is."""
        assert application_state(self.mirror()) == application_state(database)


def all_rows(empty: sqlite3.Connection) -> Needs:
    """Every table, with every column."""
    query = "SELECT lower(name) FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL"
    names = {name for (name,) in empty.execute(query)} - {"sqlite_sequence"}
    return rows_of(empty, names - {name.lower() for name in virtual_tables(empty)})


def keeping(copy: Path, work: Callable[[sqlite3.Connection], Any]) -> Callable[..., Any]:
    """The work, with the database that it leaves kept in a file: what SQLite's result is."""

    def run(live: sqlite3.Connection) -> Any:
        result = work(live)
        copy_database(live, copy)
        return result

    return run


def complete(changed: Path, before: Path) -> None:
    """Fill in what a change did not have to see: the columns and tables that nobody fetched."""
    with closing(sqlite3.connect(before)) as origin, empty_copy(origin) as empty:
        seen = rows_for_changes(empty)
    with closing(sqlite3.connect(changed)) as connection:
        connection.execute("ATTACH ? AS origin", (str(before),))
        for (table,) in connection.execute(
            "SELECT name FROM origin.sqlite_master WHERE type = 'table'"
            " INTERSECT SELECT name FROM main.sqlite_master WHERE type = 'table'"
        ).fetchall():
            names = [column.name for column in stored_columns(connection, table)]
            had = [column.name for column in stored_columns(connection, table, "origin")]
            if table not in seen:
                into = quoted(table)
                connection.execute(f"DELETE FROM {into}")
                connection.execute(
                    f"INSERT INTO {quoted(table)} SELECT * FROM origin.{quoted(table)}"
                )
            key = primary_key(connection, table)
            same = " AND ".join(f"o.{quoted(k)} = {quoted(table)}.{quoted(k)}" for k in key)
            for name in had if table in seen else ():
                if name in names and name not in seen[table]:
                    connection.execute(
                        f"UPDATE {quoted(table)} SET {quoted(name)} = o.{quoted(name)}"
                        f" FROM origin.{quoted(table)} AS o WHERE {same}"
                    )
        connection.commit()


@pytest.fixture(autouse=True)
def _wrangler_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([str(BINARIES), os.environ["PATH"]]))
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    for name in ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_API_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture
def new_project(tmp_path: Path) -> Callable[[str], Project]:
    return lambda name: Project(tmp_path / name)
