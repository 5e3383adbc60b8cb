"""Files of the home: whole or not there, the newest kept whatever the clock says."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from coccinelle_assets.files import kept_files, kept_path, remove_older, whole_file
from coccinelle_assets.live.sqlite import backups
from coccinelle_assets.live.sqlite.file_state import is_clean, is_exact_copy, remember_clean
from coccinelle_assets.local_runs.run_job import RunOutcome
from coccinelle_assets_tests.database_state import database_state
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.pipeline import Pipeline

FUTURE = "20990101T000000000000Z-future.sqlite"
ODD = {
    "empty": "",
    "null": "null",
    "list": "[]",
    "number": "1",
    "half": '{"state": {"size": 1',
    "other": '{"a": 1}',
}


def test_a_new_file_is_the_newest_though_the_clock_was_set_back(tmp_path: Path) -> None:
    (tmp_path / FUTURE).touch()
    (tmp_path / "20990101T000000000007Z-later.sqlite").touch()
    (tmp_path / "zzz-by-hand.sqlite").touch()
    made = []
    for _ in range(3):
        made.append(kept_path(tmp_path, "new", ".sqlite"))
        made[-1].touch()
    assert kept_files(tmp_path, ".sqlite")[:3] == made[::-1]
    assert not any("by-hand" in path.name for path in kept_files(tmp_path, ".sqlite"))


def test_what_was_just_made_is_never_removed_nor_what_is_somebody_elses(tmp_path: Path) -> None:
    """The last moment that names have leaves no room for a later one."""
    last = tmp_path / "99991231T235959999999Z-last.sqlite"
    by_hand = tmp_path / "zzz-by-hand.sqlite"
    new = kept_path(tmp_path, "new", ".sqlite")
    for path in (last, by_hand, new):
        path.touch()
    remove_older(tmp_path, ".sqlite", 1, new)
    assert sorted(tmp_path.iterdir()) == sorted([by_hand, new])


def test_the_backup_just_made_is_kept_beside_ones_dated_in_the_future(
    small: AppDatabase,
) -> None:
    pipeline = Pipeline(small.path, backups_kept=2)
    pipeline.run()
    directory = pipeline.home / "backups"
    for name in (FUTURE, FUTURE.replace("future", "other")):
        (directory / name).write_bytes(small.path.read_bytes())
    small.prospect(email="new@ex.fr")
    before = database_state(small.path)
    pipeline.run()
    newest = backups.backups(directory)[0]
    assert database_state(newest) == before
    assert len(list(directory.iterdir())) == 2


def test_without_a_backup_that_can_be_read_nothing_is_promoted(
    small: AppDatabase,
    migrate: Callable[..., RunOutcome],
    untouched: Callable[[], bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A disk that took the backup and does not give it back."""
    assert untouched()

    def lose(source: object, target: Path, **_: object) -> bool:
        target.write_bytes(b"x" * 100)
        return True

    monkeypatch.setattr(backups, "_move", lose)
    monkeypatch.setattr(backups, "copy_database", lose)
    outcome = migrate()
    assert outcome.status == "error"
    assert "cannot be read" in str(outcome.error)
    assert untouched()


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_notes_that_cannot_be_read_say_nothing(
    content: str, small: AppDatabase, tmp_path: Path
) -> None:
    note, record = tmp_path / "note.json", tmp_path / "record.json"
    note.write_text(content, encoding="utf-8")
    record.write_text(content, encoding="utf-8")
    assert not is_clean(record, small.path, rules="FR")
    assert not is_exact_copy(note, small.path, small.path)
    remember_clean(record, note, small.path, rules="FR", wrote=True)
    assert not is_clean(record, small.path, rules="FR")
    assert not is_clean(record, tmp_path / "absent.db", rules="FR")


@pytest.mark.parametrize("content", [ODD["null"], ODD["half"]])
def test_a_run_goes_on_over_notes_that_cannot_be_read(
    content: str, small: AppDatabase, migrate: Callable[..., RunOutcome]
) -> None:
    home = small.home
    home.mkdir(parents=True)
    for name in ("promoted_state.json", "state_at_snapshot.json"):
        (home / name).write_text(content, encoding="utf-8")
    assert migrate().is_done


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    target = tmp_path / "file"

    def fail() -> None:
        with whole_file(target) as partial:
            partial.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert os.listdir(tmp_path) == []
    with whole_file(target, durable=True) as partial:
        partial.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert os.listdir(tmp_path) == ["file"]
