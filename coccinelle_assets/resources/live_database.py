"""The application's live database, a SQLite file, and the directory of what is kept beside it."""

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

import dagster as dg
from pydantic import Field

from coccinelle_assets.live.backups import back_up
from coccinelle_assets.live.connect import open_live
from coccinelle_assets.live.file_state import is_promoted, note_state, remember_promoted
from coccinelle_assets.live.snapshot import take_snapshot
from coccinelle_assets.settings import PromotionOptions


class LiveDatabase(dg.ConfigurableResource, PromotionOptions):
    """Reads go to a snapshot; only a promotion opens the file for writing."""

    path: str = Field(description="The SQLite file of the application.")
    home: str = Field(description="Where snapshot, plan and backups are kept.")

    @property
    def snapshot_path(self) -> Path:
        """The copy that the sources are read from."""
        return Path(self.home) / "snapshot.sqlite"

    @property
    def plan_path(self) -> Path:
        """The plan of the latest promotion."""
        return Path(self.home) / "plan.sqlite"

    @property
    def rehearsal_path(self) -> Path:
        """The copy that a dry run is promoted to."""
        return Path(self.home) / "rehearsal.sqlite"

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

    def take_snapshot(self, target: Path) -> None:
        """Copy the live database, read-only."""
        take_snapshot(Path(self.path), target, self.busy_timeout_seconds)

    @property
    def _noted_state(self) -> Path:
        return Path(self.home) / "state_at_snapshot.json"

    @property
    def _promoted_state(self) -> Path:
        return Path(self.home) / "promoted_state.json"

    def note_state(self) -> None:
        """Note the state of the file; called before the snapshot of a run is taken."""
        note_state(self._noted_state, Path(self.path))

    def remember_promoted(self, rules: str, *, wrote: bool) -> None:
        """Remember that all of the file is promoted by these rules: nothing was deferred."""
        remember_promoted(
            self._promoted_state, self._noted_state, Path(self.path), rules=rules, wrote=wrote
        )

    def is_promoted(self, rules: str) -> bool:
        """Whether nobody wrote to the file since all of it was promoted by these rules."""
        return is_promoted(self._promoted_state, Path(self.path), rules=rules)

    def open(self, *, writable: bool = False) -> AbstractContextManager[sqlite3.Connection]:
        """Open the live database."""
        return open_live(Path(self.path), self.busy_timeout_seconds, writable=writable)

    def back_up(self, live: sqlite3.Connection, label: str) -> Path:
        """Copy the live database as it is now and prune older copies."""
        return back_up(live, self.backup_directory, label, self.backups_kept)
