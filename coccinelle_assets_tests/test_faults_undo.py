"""Killed at any instant, a rollback and a contraction are done or not, and can be done again."""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from coccinelle_assets.demo import write_demo_database
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.statistics.triggers import install_triggers
from coccinelle_assets_tests.change_in_subprocess import change
from coccinelle_assets_tests.database_state import database_state
from coccinelle_assets_tests.pipeline import Pipeline
from coccinelle_assets_tests.sudden_death import (
    digest,
    is_hot,
    is_written,
    journal,
    kill,
    scalar,
    start_change,
    tally,
    wait_until,
)

pytestmark = pytest.mark.fault
ROWS = 100_000
RANDOM_KILLS = 14
KILLS_WHILE_THE_FILE_IS_WRITTEN = 6
# When something was done differs from one try to the next.
MOMENTS = {"contract_id", "contracted_at", "archive", "created_at", "updated_at"}
State = tuple[frozenset[tuple[str, str, str, str | None]], dict[str, str]]


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A large database, promoted, with triggers; not to be written to."""
    database = tmp_path_factory.mktemp("promoted") / "app.db"
    write_demo_database(database, ROWS)
    pipeline = Pipeline(database)
    pipeline.run()
    pipeline.warehouse.close()
    with open_live(database, 1, writable=True) as live:
        install_triggers(live, str(database))
    return database


def state(database: Path) -> State:
    """The schema, and a digest of every table's rows in their order."""
    digests = {}
    with closing(sqlite3.connect(database)) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (name,) in tables.fetchall():
            table = name.decode()
            info = connection.execute(f"PRAGMA table_info({table})")
            columns = [row[1].decode() for row in info if row[1].decode() not in MOMENTS]
            lines = hashlib.md5(usedforsecurity=False)
            for row in connection.execute(f"SELECT {', '.join(columns)} FROM {table}"):
                lines.update(repr(row).encode())
            digests[table] = lines.hexdigest()
    return database_state(database).objects, digests


@pytest.mark.parametrize("kind", ["rollback", "contract"])
def test_a_killed_change_is_done_or_not_and_the_next_try_finishes(
    kind: str, promoted: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rng = random.Random(30)
    database, archives = tmp_path / "app.db", tmp_path / "contracts"
    original = digest(promoted)

    def fresh() -> Path:
        journal(database).unlink(missing_ok=True)
        return Path(shutil.copyfile(promoted, database))

    process = start_change(kind, fresh(), archives)
    started = time.monotonic()
    assert process.communicate()[0] == "done\n"
    duration = time.monotonic() - started
    wanted = state(database)
    assert wanted != state(promoted)
    seen: Counter[str] = Counter(kills=0)
    for number in range(RANDOM_KILLS + KILLS_WHILE_THE_FILE_IS_WRITTEN):
        fresh()
        process = start_change(kind, database, archives)
        if number < RANDOM_KILLS:
            time.sleep(rng.uniform(0, duration))
        else:
            wait_until(partial(is_written, database, database.stat().st_mtime_ns), process)
            time.sleep(rng.uniform(0, 0.05))
        kill(process)
        seen["kills"] += 1
        hot = is_hot(database)
        seen["hot journals"] += hot
        seen["half-written files"] += hot and digest(database) != original
        # The first read rolls a hot journal back.
        assert scalar(database, "SELECT COUNT(*) FROM sqlite_master") > 0
        assert scalar(database, "PRAGMA integrity_check") == "ok"
        if digest(database) == original:
            seen["untouched"] += 1
            with open_live(database, 1, writable=True) as live:
                change(live, kind, str(database), str(archives))
            seen["finished by the next try"] += 1
        else:
            seen["done"] += 1
        assert state(database) == wanted
    assert seen["hot journals"] >= 1, seen
    assert seen["half-written files"] >= 1, seen
    assert seen["untouched"] >= 1, seen
    record_property("figure", tally(f"SIGKILL during a {kind}", seen))
