"""What a file tells of writes to it: never "all is promoted" where somebody else wrote."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from coccinelle_assets.live.sqlite import file_state
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.sqlite.file_state import (
    is_clean,
    is_exact_copy,
    note_copy,
    note_state,
    remember_clean,
)
from coccinelle_assets.live.sqlite.snapshot import copy_database

RULES = "FR"


class Watched:
    """A database, the note of a run's beginning and the record of its end."""

    def __init__(self, directory: Path, journal_mode: str) -> None:
        self.database, self.note = directory / "app.db", directory / "note.json"
        self.record = directory / "record.json"
        self.connection = sqlite3.connect(self.database, isolation_level=None)
        self.connection.execute(f"PRAGMA journal_mode = {journal_mode}")
        self.connection.execute("CREATE TABLE t (x)")

    def write(self) -> None:
        """One transaction of several statements."""
        self.connection.execute("BEGIN")
        self.connection.execute("INSERT INTO t VALUES (1)")
        self.connection.execute("CREATE TABLE IF NOT EXISTS u (x)")
        self.connection.execute("COMMIT")

    def begin(self) -> None:
        # As if nobody had written for a while: file times are only that exact.
        earlier = time.time() - 60
        for path in self.database.parent.glob("app.db*"):
            os.utime(path, (earlier, earlier))
        note_state(self.note, self.database)

    def end(self, *, wrote: bool) -> bool:
        """Remember, and tell whether the next tick would be skipped."""
        remember_clean(self.record, self.note, self.database, rules=RULES, wrote=wrote)
        return self.promoted()

    def promoted(self, rules: str = RULES) -> bool:
        return is_clean(self.record, self.database, rules=rules)


@pytest.fixture(params=["DELETE", "WAL"])
def watched(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path, request.param)
    yield watched
    watched.connection.close()


@pytest.fixture
def journaled(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path, "DELETE")
    yield watched
    watched.connection.close()


def test_a_run_that_found_nothing_to_write_is_remembered_until_somebody_writes(
    watched: Watched,
) -> None:
    watched.begin()
    assert watched.end(wrote=False)
    assert not watched.promoted(rules="BE")
    watched.write()
    assert not watched.promoted()


def test_a_write_during_a_run_that_wrote_nothing_is_seen(watched: Watched) -> None:
    watched.begin()
    watched.write()
    assert not watched.end(wrote=False)


def test_the_promotions_own_transaction_is_told_from_another_one(journaled: Watched) -> None:
    journaled.begin()
    journaled.write()
    assert journaled.end(wrote=True)
    journaled.begin()
    journaled.write()
    journaled.write()
    assert not journaled.end(wrote=True)


@pytest.mark.parametrize("closed", [False, True])
def test_in_wal_mode_a_promotion_waits_for_the_next_run_to_say_so(
    tmp_path: Path, closed: bool
) -> None:
    """The counter of a closed WAL database may count two transactions as one."""
    watched = Watched(tmp_path, "WAL")
    watched.begin()
    watched.write()
    watched.write()
    if closed:
        watched.connection.close()
        assert not watched.database.with_name("app.db-wal").exists()
    assert not watched.end(wrote=True)
    watched.begin()
    with open_live(watched.database, 1) as reader:
        reader.execute("SELECT * FROM t").fetchall()
    assert watched.end(wrote=False)
    watched.connection.close()


def test_a_write_just_before_the_run_leaves_it_uncertain_in_wal_mode(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "WAL")
    note_state(watched.note, watched.database)
    assert not watched.end(wrote=False)
    watched.connection.close()


def test_an_uncertain_run_makes_an_older_record_void(journaled: Watched) -> None:
    journaled.begin()
    assert journaled.end(wrote=False)
    journaled.write()
    assert not journaled.end(wrote=False)
    assert not journaled.record.exists()


def test_without_a_note_nothing_is_remembered_and_nothing_breaks(journaled: Watched) -> None:
    assert not journaled.end(wrote=False)


def copied(watched: Watched) -> Path:
    """A copy taken after the state was noted, and noted too."""
    copy = watched.database.with_name("copy.db")
    with open_live(watched.database, 1) as live:
        copy_database(live, copy)
    note_copy(watched.note, copy)
    return copy


def test_a_copy_is_exact_until_somebody_writes_to_either(watched: Watched) -> None:
    watched.begin()
    copy = copied(watched)
    assert is_exact_copy(watched.note, watched.database, copy)
    with closing(sqlite3.connect(copy)) as other, other:
        other.execute("INSERT INTO t VALUES (2)")
    assert not is_exact_copy(watched.note, watched.database, copy)
    watched.begin()
    copied(watched)
    assert is_exact_copy(watched.note, watched.database, copy)
    watched.write()
    assert not is_exact_copy(watched.note, watched.database, copy)


def test_a_copy_is_not_exact_when_somebody_wrote_while_it_was_taken(watched: Watched) -> None:
    watched.begin()
    watched.write()
    assert not is_exact_copy(watched.note, watched.database, copied(watched))


def test_a_copy_that_another_process_took_is_uncertain(
    journaled: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    journaled.begin()
    copy = copied(journaled)
    assert is_exact_copy(journaled.note, journaled.database, copy)
    monkeypatch.setattr(file_state, "THIS_PROCESS", "another")
    assert not is_exact_copy(journaled.note, journaled.database, copy)


def test_a_copy_of_an_earlier_note_is_not_exact(watched: Watched) -> None:
    """A run that was killed between its note and its copy leaves the older copy."""
    watched.begin()
    copy = copied(watched)
    watched.begin()
    assert not is_exact_copy(watched.note, watched.database, copy)


def test_a_copy_taken_just_after_a_write_is_uncertain_in_wal_mode(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "WAL")
    note_state(watched.note, watched.database)
    assert not is_exact_copy(watched.note, watched.database, copied(watched))
    watched.connection.close()


def test_without_a_whole_note_or_a_copy_nothing_is_exact(journaled: Watched) -> None:
    copy = journaled.database.with_name("copy.db")
    assert not is_exact_copy(journaled.note, journaled.database, copy)
    journaled.begin()
    assert not is_exact_copy(journaled.note, journaled.database, copy)
    copied(journaled)
    assert is_exact_copy(journaled.note, journaled.database, copy)
    journaled.note.write_text(journaled.note.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    assert not is_exact_copy(journaled.note, journaled.database, copy)


def test_a_write_through_another_name_of_a_wal_database_is_seen(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    watched = Watched(tmp_path / "real", "WAL")
    watched.database = tmp_path / "link.db"
    watched.database.symlink_to(tmp_path / "real" / "app.db")
    earlier = time.time() - 60
    for path in (tmp_path / "real").glob("app.db*"):
        os.utime(path, (earlier, earlier))
    note_state(watched.note, watched.database)
    copy = copied(watched)
    assert is_exact_copy(watched.note, watched.database, copy)
    watched.write()
    assert not is_exact_copy(watched.note, watched.database, copy)
    assert not watched.end(wrote=False)
    watched.connection.close()
