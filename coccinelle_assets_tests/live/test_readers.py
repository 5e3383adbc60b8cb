"""A reader with a long transaction: what a rollback or a contraction does until it ends."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets_tests.change_in_subprocess import change
from coccinelle_assets_tests.changes import add_people, archives, install, promote
from coccinelle_assets_tests.databases import AppDatabase

KINDS = ("rollback", "contract")
COUNT = "SELECT count(*) FROM appointments WHERE customer_email IS NOT NULL"


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A promoted database with triggers; not to be written to."""
    app = AppDatabase(tmp_path_factory.mktemp("promoted") / "app.db")
    add_people(app)
    promote(app)
    install(app)
    return app.path


@pytest.fixture
def live(promoted: Path, app: AppDatabase) -> AppDatabase:
    """A copy of the promoted database."""
    shutil.copyfile(promoted, app.path)
    return app


@contextmanager
def reading(app: AppDatabase) -> Iterator[None]:
    """A reader in the middle of a transaction; it sees to its end what it saw at first."""
    with closing(app.connect()) as reader:
        reader.execute("BEGIN")
        seen = reader.execute(COUNT).fetchone()
        yield
        assert reader.execute(COUNT).fetchone() == seen == (2,)
        reader.execute("ROLLBACK")


def do(kind: str, app: AppDatabase, busy_timeout_seconds: float) -> None:
    with open_live(app.path, busy_timeout_seconds, writable=True) as connection:
        change(connection, kind, str(app.path), str(archives(app)))


def is_changed(app: AppDatabase) -> bool:
    columns = [name for (name,) in app.rows("SELECT name FROM pragma_table_info('appointments')")]
    return not {"customer_id", "customer_email"} <= set(columns)


@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_that_stays_is_one_clear_error_and_nothing_is_written(
    kind: str, live: AppDatabase
) -> None:
    content = live.path.read_bytes()
    with reading(live), pytest.raises(CoccinelleError, match=r"stayed locked for 0.1 s"):
        do(kind, live, 0.1)
    assert live.path.read_bytes() == content
    assert not archives(live).exists() or list(archives(live).iterdir()) == []
    do(kind, live, 0.1)
    assert is_changed(live)


@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_that_ends_in_time_only_delays(kind: str, live: AppDatabase) -> None:
    worker = threading.Thread(target=do, args=(kind, live, 20))
    with reading(live):
        worker.start()
        worker.join(0.3)
        assert worker.is_alive()
    worker.join(20)
    assert not worker.is_alive()
    assert is_changed(live)


@pytest.mark.parametrize("kind", KINDS)
def test_in_wal_mode_a_reader_is_in_nobodys_way(kind: str, live: AppDatabase) -> None:
    assert live.rows("PRAGMA journal_mode = wal") == [("wal",)]
    with reading(live):
        do(kind, live, 0.1)
        assert is_changed(live)
