"""Killed at any instant, the live database is untouched or wholly promoted."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from coccinelle_assets.demo import write_demo_database
from coccinelle_assets.live.promotion.run import Promotion, promote_to
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.command_line import environment
from coccinelle_assets_tests.people import holds
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
RANDOM_KILLS = 13
KILLS_WHILE_THE_FILE_IS_WRITTEN = 5


@dataclass(frozen=True)
class Prepared:
    """A large database that was never promoted, its plan, and how many rows that writes."""

    database: Path
    plan: Path
    digest: str


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    directory = tmp_path_factory.mktemp("prepared")
    database = directory / "app.db"
    write_demo_database(database, ROWS)
    pipeline = Pipeline(database)
    pipeline.plan()
    pipeline.warehouse.close()
    return Prepared(database, pipeline.plan_path, digest(database))


def state_after(prepared: Prepared, database: Path) -> str:
    """What a kill left, once SQLite has recovered: `untouched` or `promoted`, never between."""
    # The first read rolls a hot journal back.
    assert scalar(database, "SELECT COUNT(*) FROM sqlite_master") > 0
    if digest(database) == prepared.digest:
        return "untouched"
    assert scalar(database, "PRAGMA integrity_check") == "ok"
    assert scalar(database, "SELECT COUNT(*) FROM customer_promotions") == 1
    assert holds(database)
    return "promoted"


def test_a_killed_publication_leaves_all_or_nothing(
    prepared: Prepared, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rng = random.Random(20)
    database = tmp_path / "app.db"

    def fresh() -> Path:
        journal(database).unlink(missing_ok=True)
        return Path(shutil.copyfile(prepared.database, database))

    process = start_change("publish", fresh(), prepared.plan, "killed")
    started = time.monotonic()
    assert process.communicate()[0] == "done\n"
    duration = time.monotonic() - started
    assert state_after(prepared, database) == "promoted"
    seen: Counter[str] = Counter()
    for number in range(RANDOM_KILLS + KILLS_WHILE_THE_FILE_IS_WRITTEN):
        fresh()
        process = start_change("publish", database, prepared.plan, "killed")
        if number < RANDOM_KILLS:
            time.sleep(rng.uniform(0, duration))
        else:
            wait_until(partial(is_written, database, database.stat().st_mtime_ns), process)
            time.sleep(rng.uniform(0, 0.02))
        kill(process)
        hot = is_hot(database)
        half_written = hot and digest(database) != prepared.digest
        state = state_after(prepared, database)
        seen[state] += 1
        seen["hot journal"] += hot
        seen["half written"] += half_written
        if half_written and not seen["finished"]:
            with open_live(database, 1, writable=True) as live:
                promotion = Promotion(prepared.plan, "next", load_settings(database=database))
                assert promote_to(live, promotion).rows_written
            assert state_after(prepared, database) == "promoted"
            seen["finished"] += 1
    assert seen["hot journal"] >= 1, seen
    assert seen["half written"] >= 1, seen
    assert seen["finished"] >= 1, seen
    assert seen["untouched"] >= 1, seen
    record_property("figure", tally("SIGKILL during a promotion", seen))


def test_a_killed_migration_is_carried_on_by_the_next_one(
    prepared: Prepared, tmp_path: Path
) -> None:
    rng = random.Random(21)
    database = tmp_path / "app.db"
    shutil.copyfile(prepared.database, database)
    home = tmp_path / ".coccinelle" / "app.db"
    command = [sys.executable, "-m", "coccinelle_assets.cli", "migrate", str(database)]

    def start() -> subprocess.Popen[str]:
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, env=environment(), stdout=quiet, stderr=quiet, text=True)

    def resolving() -> bool:
        return (home / "snapshot.sqlite").exists()

    def publishing() -> bool:
        return journal(database).exists()

    for reached, slack in ((resolving, 1.0), (publishing, 0.5)):
        process = start()
        wait_until(reached, process)
        time.sleep(rng.uniform(0, slack))
        assert process.poll() is None, "the migration ended before it could be killed"
        kill(process)
        assert state_after(prepared, database) == "untouched"
    process = start()
    assert process.wait(120) == 0
    assert state_after(prepared, database) == "promoted"
