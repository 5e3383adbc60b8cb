"""The whole life of any database that SQLite allows: nothing of the application's is harmed.

Either a command is refused and the file is byte for byte what it was, or afterwards all that is not
ours holds and answers what it would have without us; and a full rollback gives the original back.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.sqlite.virtual_tables import (
    content_of,
    is_sound,
    shadow_tables,
    virtual_tables,
)
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import COMPANION_TABLES, INDEXES
from coccinelle_assets_tests.changes import contracted, install, rolled_back
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import holds
from coccinelle_assets_tests.pipeline import Pipeline
from coccinelle_assets_tests.schemas.any_schema import AnySchema, Pair, schemas, teach

OURS = {"customers", *COMPANION_TABLES}


def more(pair: Pair) -> None:
    """Jean and Anne turn out to be one, Zoé is new, and what was there changes."""
    pair.record(
        "appointments", 1, customer_email="jean@ex.fr", customer_phone="06 55 44 32 10",
        notes="more",
    )  # fmt: skip
    pair.record("omni_conversations", 2, customer_name="Zoé Petit", customer_email="zoe@ex.fr")
    pair.both("UPDATE appointments SET status = 'done' WHERE tenant_id = ?", pair.tenant(2))
    pair.both("DELETE FROM prospects")
    if pair.schema.customers:
        pair.customer("Late", "late@ex.fr")
        # An edit, and a reason for the next run to write the same row.
        pair.both("UPDATE customers SET last_name = 'Durand' WHERE id = 'own Dupont'")
        pair.record("prospects", 1, last_name="Durand", email="jean@ex.fr", phone="0655443210")


def names_of(connection: sqlite3.Connection) -> set[str]:
    """Objects that are the application's, by kind and name."""
    shadows = shadow_tables(connection)
    return {
        f"{kind} {name}"
        for kind, name, table in connection.execute(
            "SELECT type, lower(name), lower(tbl_name) FROM sqlite_master"
            " WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
        if table not in OURS and table not in shadows and name not in INDEXES
        and not name.startswith("trg_")
    }  # fmt: skip


def answers(path: Path) -> dict[str, Any]:
    """What every table and view of the application's holds and answers, but for the links."""
    with closing(sqlite3.connect(path)) as connection:
        teach(connection)
        connection.row_factory = sqlite3.Row
        found: dict[str, Any] = {}
        for name in names_of(connection):
            kind, _, called = name.partition(" ")
            if kind not in ("table", "view") or called == "who":
                continue
            try:
                rows = connection.execute(f"SELECT * FROM {quoted(called)}").fetchall()
            except sqlite3.OperationalError as error:
                found[name] = str(error)
                continue
            found[name] = sorted(
                repr([row[key] for key in list(row.keys()) if key.lower() != "customer_id"])
                for row in rows
            )
        return found


def assert_sound(path: Path, kept: str | None) -> None:
    """Indexes are of their rows, and what is kept of the customers is what the customers are."""
    with closing(sqlite3.connect(path)) as connection:
        teach(connection)
        for name, definition in virtual_tables(connection).items():
            if content_of(definition):
                assert is_sound(connection, name), name
        if kept in ("table", "words of its own"):
            mirrored = "SELECT rowid, first_name, last_name FROM {}"
            assert (
                connection.execute(f"{mirrored.format('who')} ORDER BY 1").fetchall()
                == connection.execute(f"{mirrored.format('customers')} ORDER BY 1").fetchall()
            )
        elif kept:
            for word in ("own", "jean", "dupont", "roux", "durand", "zoé", "late"):
                wanted = connection.execute(
                    "SELECT rowid FROM customers WHERE lower(first_name) = ?1"
                    " OR lower(last_name) = ?1 ORDER BY 1", (word,)
                ).fetchall()  # fmt: skip
                found = connection.execute(
                    "SELECT rowid FROM who WHERE who MATCH ? ORDER BY 1", (word,)
                ).fetchall()
                assert found == wanted, word


def originals(path: Path) -> dict[str, Any]:
    """All that is in a database, but for what virtual tables keep for themselves."""
    with closing(sqlite3.connect(path)) as connection:
        teach(connection)
        shadows = shadow_tables(connection)
        objects = {
            name: sql
            for name, table, sql in connection.execute(
                "SELECT name, tbl_name, sql FROM sqlite_master"
            )
            if table not in shadows
        }
        rows = {
            name: sorted(map(repr, connection.execute(f"SELECT * FROM {quoted(name)}").fetchall()))
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            # By the numbers of the customers' rows, which VACUUM may change: see assert_sound.
            if name not in {"who", *shadows, *virtual_tables(connection)}
        }
        return {"objects": objects, **rows}


def tried(path: Path, command: Callable[[], Any]) -> bool:
    """Run a command; a refusal says that nothing was written, and nothing was."""
    before = path.read_bytes()
    refusal = ""
    try:
        command()
    except CoccinelleError as error:
        refusal = str(error)
    if refusal:
        assert "nothing" in refusal
        assert path.read_bytes() == before
    return not refusal


@settings(
    max_examples=14,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(schemas)
def test_nothing_of_the_applications_is_harmed(schema: AnySchema) -> None:
    with tempfile.TemporaryDirectory() as directory:
        live_through(Pair(Path(directory), schema))


def live_through(pair: Pair) -> bool:
    """The whole life; returns whether the schema was taken."""
    app = AppDatabase.at(pair.app)
    pipeline = Pipeline(pair.app, max_customer_drift=1000)
    pair.people()

    def assert_unharmed() -> None:
        assert answers(pair.app) == answers(pair.alone)
        assert_sound(pair.app, pair.schema.kept if pair.schema.customers else None)
        with (
            closing(sqlite3.connect(pair.app)) as ours,
            closing(sqlite3.connect(pair.alone)) as own,
        ):
            assert names_of(ours) == names_of(own)

    if not tried(pair.app, pipeline.run):
        return False
    assert holds(pair.app)
    assert_unharmed()
    more(pair)
    if tried(pair.app, pipeline.run):
        assert holds(pair.app)
    assert_unharmed()
    install(app)
    assert not pipeline.run().wrote
    assert_unharmed()
    if tried(pair.app, lambda: contracted(app, anonymous=True)):
        assert holds(pair.app)
        rolled_back(app, to_previous=True)
        assert_unharmed()
    rolled_back(app)
    assert originals(pair.app) == originals(pair.alone)
    assert_sound(pair.app, pair.schema.kept if pair.schema.customers else None)
    return True
