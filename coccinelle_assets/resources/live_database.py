"""The application's live database, and the directory of what is kept beside it."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.files import settle
from coccinelle_assets.live.database import Change, Database
from coccinelle_assets.live.home_owner import claim_home, expect_first_promotion
from coccinelle_assets.live.open_database import open_database
from coccinelle_assets.live.sqlite.backups import back_up
from coccinelle_assets.live.sqlite.file_state import (
    is_clean,
    is_exact_copy,
    note_copy,
    note_state,
    remember_clean,
)
from coccinelle_assets.location import Location, locate
from coccinelle_assets.resources.home import HomeResource
from coccinelle_assets.settings import PromotionOptions
from coccinelle_assets.warehouse.file import SNAPSHOT

T = TypeVar("T")


class LiveDatabase(HomeResource, PromotionOptions):
    """Reads go to a snapshot; only a promotion writes to the database."""

    path: str = Field(description="The application's database: a SQLite file, or d1:NAME.")
    home: str = Field(description="Where snapshot, plan and backups are kept.")
    d1_remote: bool | None = Field(
        default=None, description="For d1:NAME: at Cloudflare, or wrangler's local one."
    )
    wrangler_dir: str = Field(default=".", description="For d1:NAME: the folder of wrangler.toml.")
    d1_env: str | None = Field(default=None, description="For d1:NAME: wrangler's environment.")
    d1_config: str | None = Field(
        default=None, description="For d1:NAME: wrangler's configuration, of another name."
    )
    d1_persist_to: str | None = Field(
        default=None, description="For d1:NAME: where wrangler keeps local databases."
    )

    @property
    def location(self) -> Location:
        """Where the database is."""
        return locate(
            self.path,
            self.wrangler_dir,
            self.d1_remote,
            self.d1_env,
            self.d1_config,
            self.d1_persist_to,
        )

    @property
    def database(self) -> Database:
        """The database itself: snapshot, read, change."""
        return open_database(
            self.location,
            home=Path(self.home),
            busy_timeout_seconds=self.busy_timeout_seconds,
        )

    @property
    def home_directory(self) -> Path:
        """The home as a path."""
        return Path(self.home)

    @property
    def patience_seconds(self) -> float:
        """As long as for another writer."""
        return self.busy_timeout_seconds

    def claim(self, tell: Callable[[str], None]) -> None:
        """Have the home be this database's own; one that others shared is taken over."""
        claim_home(self.home_directory, self.location.identity, self.database, tell)

    @property
    def snapshot_path(self) -> Path:
        """The copy that the sources are read from."""
        return Path(self.home) / SNAPSHOT

    @property
    def plan_path(self) -> Path:
        """The plan of the latest promotion."""
        return Path(self.home) / "plan.sqlite"

    @property
    def dry_run_path(self) -> Path:
        """The copy that a dry run is promoted to."""
        return Path(self.home) / "dry_run.sqlite"

    @property
    def backup_directory(self) -> Path:
        """Where backups are kept."""
        return Path(self.home) / "backups"

    @property
    def archive_directory(self) -> Path:
        """Where contractions keep the columns that they dropped; nothing prunes it."""
        return Path(self.home) / "contracts"

    @property
    def report_directory(self) -> Path:
        """Where the reports of runs are kept."""
        return Path(self.home) / "reports"

    @property
    def _noted_state(self) -> Path:
        return Path(self.home) / "state_at_snapshot.json"

    @property
    def _promoted_state(self) -> Path:
        return Path(self.home) / "promoted_state.json"

    def take_snapshot(self) -> None:
        """Have the snapshot of a run hold what the database holds, and note the state copied.

        One that this process took before, and since when nobody wrote, is that snapshot.
        """
        self.hold_home()
        file = self.database.file
        if file is not None:
            if is_exact_copy(self._noted_state, file, self.snapshot_path):
                return
            note_state(self._noted_state, file)
        self.database.snapshot(self.snapshot_path)
        if file is not None:
            note_copy(self._noted_state, self.snapshot_path)

    def take_snapshot_ahead(self) -> None:
        """Take the snapshot of a run that is about to start, where that is a matter of copying.

        Nothing is waited for or told: the run's own step does both.
        """
        hurried = self.model_copy(update={"busy_timeout_seconds": 0})
        if hurried.database.file is not None:
            with suppress(CoccinelleError, OSError):
                hurried.take_snapshot()

    def settle_snapshot(self) -> None:
        """Have the snapshot on the disk, so that `back_up` has nothing to wait for."""
        with suppress(OSError):
            settle(self.snapshot_path)

    def remember_clean(self, rules: str, *, wrote: bool) -> None:
        """Remember that all of the file is promoted by these rules: nothing was deferred."""
        file = self.database.file
        if file is not None:
            remember_clean(self._promoted_state, self._noted_state, file, rules=rules, wrote=wrote)

    def is_clean(self, rules: str) -> bool:
        """Whether nobody wrote to the file since all of it was promoted by these rules."""
        file = self.database.file
        return file is not None and is_clean(self._promoted_state, file, rules=rules)

    def version_as_snapshot(self, live: sqlite3.Connection) -> int | None:
        """SQLite's data_version of a database that holds what the snapshot holds.

        None where that is not certain. `live` is in no transaction; its version is another one once
        somebody else has written.
        """
        file = self.database.file
        # A connection in WAL mode always holds a lock, which the system drops when the process
        # closes the file once more, as reading its state does.
        if file is None or live.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return None
        version = live.execute("PRAGMA data_version").fetchone()[0]
        exact = is_exact_copy(self._noted_state, file, self.snapshot_path)
        return version if exact else None

    def expect_first_promotion(self, run_id: str) -> None:
        """Have the home know the database by the promotion that is about to be its first."""
        expect_first_promotion(self.home_directory, self.database, run_id)

    def change(self, name: str, work: Callable[[sqlite3.Connection], T]) -> Change[T]:
        """Change the database; the run holds the home by then, where backups go."""
        self.hold_home()
        return self.database.change(name, work)

    def back_up(self, live: sqlite3.Connection, label: str) -> Path:
        """Copy the live database as it is now and prune older copies.

        Where nobody wrote to it since the snapshot, that becomes the copy, and is gone as snapshot.
        """
        exact = self.version_as_snapshot(live) is not None
        snapshot = self.snapshot_path if exact else None
        return back_up(live, self.backup_directory, label, self.backups_kept, snapshot)
