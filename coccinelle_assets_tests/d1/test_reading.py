"""On a real local D1: how often it is asked, what is read of it, and that nothing is exported."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from coccinelle_assets.live.d1 import rows
from coccinelle_assets.live.d1.wrangler import OLDEST
from coccinelle_assets_tests.changes import add_people
from coccinelle_assets_tests.command_line import coccinelle
from coccinelle_assets_tests.d1.conftest import BINARIES, NAME, Project
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import HOSTILE, JEAN

pytestmark = pytest.mark.d1
SECRET = "hash-of-a-password"


class Counted:
    """A project whose wrangler writes down how it is called."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.log = project.directory / "calls.log"
        program = project.directory / "node_modules" / ".bin" / "wrangler"
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\necho "$2" >> {self.log}\nexec {BINARIES}/wrangler "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def run(self, command: str, *options: str | Path) -> list[str]:
        """What wrangler was asked to do by a command."""
        self.log.write_text("")
        where = (f"d1:{NAME}", "--local", "--wrangler-dir", self.project.directory)
        done = coccinelle(command, *where[:1], *options, *where[1:], timeout=300)
        assert done.returncode == 0, done.stderr
        return self.log.read_text().split()


@pytest.fixture
def counted(app: AppDatabase, project: Project) -> Counted:
    add_people(app)
    app.execute("CREATE TABLE sessions (id TEXT PRIMARY KEY, user TEXT, token TEXT)")
    app.execute("INSERT INTO sessions VALUES ('s1', 'u1', ?)", (SECRET,))
    app.execute("ALTER TABLE users ADD COLUMN password TEXT NOT NULL DEFAULT 'none'")
    app.execute(
        "INSERT INTO users (id, tenant_id, email, password) VALUES ('u1', 't1', 'us@own.fr', ?)",
        (SECRET,),
    )
    project.load(app.path)
    return Counted(project)


def test_every_command_asks_a_few_times_and_exports_nothing(counted: Counted) -> None:
    assert counted.run("migrate", "--dry-run") == ["execute"] * 2
    # Schema, rows, the file, what it left.
    assert counted.run("migrate") == ["execute"] * 4
    assert counted.run("migrate") == ["execute"] * 2
    assert counted.run("triggers") == ["execute"] * 4
    for command, options in (
        ("verify", ()), ("history", ()), ("explain", ("jean@ex.fr",)), ("contract", ()),
    ):  # fmt: skip
        assert counted.run(command, *options) == ["execute"] * 2, command
    home = [path for path in counted.project.directory.rglob("*") if path.is_file()]
    ours = [path for path in home if ".coccinelle" in path.parts]
    assert len(ours) > 5
    assert [path for path in ours if SECRET.encode() in path.read_bytes()] == []


def test_a_database_with_full_text_search_is_promoted_and_its_index_kept(
    counted: Counted,
) -> None:
    """One index of the application's over appointments, one it makes over the customers."""
    wrangler = counted.project.database.wrangler
    wrangler.execute(
        "CREATE VIRTUAL TABLE notes_search USING fts5(notes, content='appointments');"
        " INSERT INTO notes_search (notes_search) VALUES ('rebuild');"
        " CREATE VIRTUAL TABLE words USING fts5(word); INSERT INTO words VALUES ('bonjour')"
    )
    counted.run("migrate")
    definition = (
        "CREATE VIRTUAL TABLE who USING fts5(last_name, content='customers');"
        "INSERT INTO who (who) VALUES ('rebuild');"
        "CREATE TRIGGER who_ai AFTER INSERT ON customers BEGIN"
        " INSERT INTO who (rowid, last_name) VALUES (NEW.rowid, NEW.last_name); END;"
        "CREATE TRIGGER who_ad AFTER DELETE ON customers BEGIN"
        " INSERT INTO who (who, rowid, last_name) VALUES ('delete', OLD.rowid, OLD.last_name); END;"
        "CREATE TRIGGER who_au AFTER UPDATE ON customers BEGIN"
        " INSERT INTO who (who, rowid, last_name) VALUES ('delete', OLD.rowid, OLD.last_name);"
        " INSERT INTO who (rowid, last_name) VALUES (NEW.rowid, NEW.last_name); END;"
    )
    file = counted.project.directory / "who.sql"
    file.write_text(definition)
    wrangler.execute_file(file)
    wrangler.execute(
        "INSERT INTO appointments (id, tenant_id, customer_name, customer_email, customer_phone)"
        f" VALUES ('new', 't1', 'Zoé Petit', 'zoe@ex.fr', NULL),"
        f" ('one', 't1', NULL, 'jean@ex.fr', NULL), ('two', 't1', NULL, 'anne@lilas.fr', '{JEAN}')"
    )
    counted.run("migrate")
    wrangler.execute("INSERT INTO who (who, rank) VALUES ('integrity-check', 1)")
    wrangler.execute("INSERT INTO notes_search (notes_search, rank) VALUES ('integrity-check', 1)")
    found = counted.project.rows("SELECT last_name FROM who WHERE who MATCH 'petit'")
    assert found == [{"last_name": "Petit"}]
    assert counted.project.rows("SELECT word FROM words") == [{"word": "bonjour"}]
    assert counted.project.rows("SELECT count(*) AS n FROM customer_merges") == [{"n": 1}]
    wrangler.execute(
        "DROP TABLE who; DROP TRIGGER who_ai; DROP TRIGGER who_ad; DROP TRIGGER who_au"
    )
    counted.run("rollback")
    tables = counted.project.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    assert {"table": "customers"} not in tables


@pytest.mark.parametrize("page", [1, 7])
def test_rows_come_in_pages_of_any_size(
    page: int, app: AppDatabase, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.execute("CREATE TABLE pairs (a TEXT, b, note, PRIMARY KEY (a, b)) WITHOUT ROWID")
    for number in range(20):
        value = (HOSTILE, number, b"\xff", 0.1, "\x1f", "\ufffd")[number % 6]
        app.insert("pairs", {"a": f"{number % 3}'", "b": number, "note": value})
    app.execute("INSERT INTO pairs VALUES (CAST(x'ff27' AS TEXT), 1, CAST(x'f09f98' AS TEXT))")
    app.execute("CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, value)")
    for _ in range(8):
        app.execute("INSERT INTO counted (value) VALUES ('x')")
    app.execute("DELETE FROM counted WHERE id > 5")
    project.load(app.path)
    monkeypatch.setattr(rows, "MOST_ROWS", page)
    monkeypatch.setattr(rows.Reading.__init__, "__defaults__", (None, page, False, False))
    project.assert_holds(app.path)


def test_the_oldest_wrangler_that_is_supported_runs_every_command(
    app: AppDatabase, project: Project
) -> None:
    add_people(app)
    project.load(app.path)
    oldest = Path(__file__).parent / "oldest" / "node_modules"
    version = json.loads((oldest / "wrangler" / "package.json").read_text())["version"]
    assert tuple(map(int, version.split("."))) == OLDEST
    (project.directory / "node_modules").symlink_to(oldest)
    options = (f"d1:{NAME}", "--local", "--wrangler-dir", project.directory)
    for command, *more in (
        ("migrate",), ("verify",), ("triggers",), ("contract", "--yes", "--anonymous"),
        ("verify",), ("history",), ("rollback",),
    ):  # fmt: skip
        done = coccinelle(command, *options, *more, timeout=120)
        assert done.returncode == 0, (command, done.stderr)


def test_an_older_wrangler_is_refused_by_its_version(project: Project) -> None:
    package = project.directory / "node_modules" / "wrangler" / "package.json"
    for path in (package, project.directory / "node_modules" / ".bin" / "wrangler"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"version": "4.113.9"}')
    done = coccinelle("verify", f"d1:{NAME}", "--local", "--wrangler-dir", project.directory)
    assert done.returncode == 1
    assert "wrangler 4.113.9" in done.stderr
    assert "npm install wrangler@latest" in done.stderr
