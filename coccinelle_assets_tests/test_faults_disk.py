"""No room left: one clear error, and the database is what it was."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coccinelle_assets.demo import write_demo_database
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.statistics.triggers import install_triggers
from coccinelle_assets_tests.change_in_subprocess import change
from coccinelle_assets_tests.pipeline import Pipeline
from coccinelle_assets_tests.sudden_death import digest, scalar, tally

pytestmark = pytest.mark.fault
ROWS = 20_000
KINDS = ("publish", "rollback", "contract")


class Prepared:
    """A database before and after its promotion, and the plan of it."""

    def __init__(self, directory: Path) -> None:
        self.before = directory / "before.db"
        self.promoted = directory / "app.db"
        write_demo_database(self.before, ROWS)
        shutil.copyfile(self.before, self.promoted)
        pipeline = Pipeline(self.promoted)
        pipeline.run()
        pipeline.warehouse.close()
        self.plan = pipeline.plan_path
        with open_live(self.promoted, 1, writable=True) as live:
            install_triggers(live, "app.db")

    def source(self, kind: str) -> Path:
        return self.before if kind == "publish" else self.promoted

    def arguments(self, kind: str, archives: Path) -> tuple[str, ...]:
        return (str(self.plan), "full") if kind == "publish" else (str(archives),)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return Prepared(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount a file system of a given size in bytes."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(size: int) -> Path:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True
        )
        return place

    yield mount
    subprocess.run(["umount", str(place)], check=True)


def attempt(kind: str, database: Path, arguments: tuple[str, ...], *, full: bool = False) -> None:
    """Do a change; `full`: on a connection that may not make the file grow."""
    with open_live(database, 1, writable=True) as live:
        if full:
            pages = live.execute("PRAGMA page_count").fetchone()[0]
            live.execute(f"PRAGMA max_page_count = {pages}")
        change(live, kind, str(database), *arguments)


def try_and_fail(prepared: Prepared, kind: str, database: Path, archives: Path, full: bool) -> None:
    before = digest(database)
    arguments = prepared.arguments(kind, archives)
    with pytest.raises(CoccinelleError, match=r"no room left to write .*: nothing was written"):
        attempt(kind, database, arguments, full=full)
    assert digest(database) == before
    assert scalar(database, "PRAGMA integrity_check") == "ok"
    if archives.exists():
        assert list(archives.iterdir()) == []


# A rollback takes no more pages than there are: only a file system can be too small for it.
@pytest.mark.parametrize("kind", ["publish", "contract"])
def test_a_database_that_may_not_grow_is_left_as_it_was(
    kind: str, prepared: Prepared, tmp_path: Path
) -> None:
    database = Path(shutil.copyfile(prepared.source(kind), tmp_path / "app.db"))
    try_and_fail(prepared, kind, database, tmp_path / "contracts", full=True)


# Only root may mount a file system: for anyone else this fails, it is not skipped.
@pytest.mark.parametrize("kind", KINDS)
def test_on_a_full_disk_nothing_is_written_and_with_room_the_next_try_finishes(
    kind: str,
    prepared: Prepared,
    small_disk: Callable[[int], Path],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    source = prepared.source(kind)
    # Room for the database and a little of its journal.
    disk = small_disk(source.stat().st_size + 2**19)
    database = Path(shutil.copyfile(source, disk / "app.db"))
    archives = tmp_path / "contracts"
    try_and_fail(prepared, kind, database, archives, full=False)
    roomy = Path(shutil.copyfile(database, tmp_path / "app.db"))
    attempt(kind, roomy, prepared.arguments(kind, archives))
    assert digest(roomy) != digest(source)
    seen = {"clear errors": 1, "files unchanged": 1, "finished with room": 1}
    record_property("figure", tally(f"disk full during a {kind}", seen))
