"""What was sent to a D1 database: each plan as the file that was run, and a record beside it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from coccinelle_assets.live.replay.script import Script

KEPT = 20
PREPARED, SENT, APPLIED, REFUSED = "prepared", "sent", "applied", "refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """One plan: its receipt's key, its file, how far it came.

    `bookmark` is the Time Travel bookmark from before it was sent.
    """

    name: str
    plan: str
    file: str
    status: str = PREPARED
    bookmark: str | None = None
    reason: str | None = None


class Journal:
    """The plans of one database, newest last."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def new_file(self, name: str) -> Path:
        """A path for the next plan; names sort by time."""
        self.directory.mkdir(parents=True, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        return self.directory / f"{stamp}-{name}.sql"

    def prepare(self, script: Script, name: str) -> Entry:
        """Record a plan that was written, and remove all but the newest KEPT."""
        entry = self._write(Entry(name, script.plan, str(script.path)))
        for old in sorted(self.directory.glob("*.sql"))[:-KEPT]:
            old.with_suffix(".json").unlink(missing_ok=True)
            old.unlink()
        return entry

    def update(self, entry: Entry, **changes: str | None) -> Entry:
        """Record how far a plan came."""
        return self._write(replace(entry, **changes))

    def unsettled(self) -> list[Entry]:
        """Plans that were sent, and of which nobody has seen the end."""
        entries = [
            Entry(**json.loads(path.read_text(encoding="utf-8")))
            for path in sorted(self.directory.glob("*.json"))
        ]
        return [entry for entry in entries if entry.status == SENT]

    def _write(self, entry: Entry) -> Entry:
        path = Path(entry.file).with_suffix(".json")
        partial = path.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as file:
            json.dump(asdict(entry), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        return entry
