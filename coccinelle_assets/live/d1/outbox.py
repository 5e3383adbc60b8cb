"""What is sent to a D1 database: each script as the file that is run, and a record beside it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from coccinelle_assets.files import kept_path, write_whole
from coccinelle_assets.live.changeset.script import Script

KEPT = 20
PREPARED, SENT, APPLIED, REFUSED = "prepared", "sent", "applied", "refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """One script: its receipt's key, its file, how far it came.

    `bookmark` is the Time Travel bookmark from before it was sent.
    """

    name: str
    key: str
    file: str
    status: str = PREPARED
    bookmark: str | None = None
    reason: str | None = None


class Outbox:
    """The scripts of one database, newest last."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def new_file(self, name: str) -> Path:
        """A path for the next script; names sort by time."""
        return kept_path(self.directory, name, ".sql")

    def prepare(self, script: Script, name: str) -> Entry:
        """Record a script that was written, and remove all but the newest KEPT."""
        entry = self._write(Entry(name, script.key, str(script.path)))
        for old in sorted(self.directory.glob("*.sql"))[:-KEPT]:
            old.with_suffix(".json").unlink(missing_ok=True)
            old.unlink()
        return entry

    def update(self, entry: Entry, **changes: Any) -> Entry:
        """Record how far a script came."""
        return self._write(replace(entry, **changes))

    def unsettled(self) -> list[Entry]:
        """Scripts that were sent, and of which nobody has seen the end."""
        entries = [_read(path) for path in sorted(self.directory.glob("*.json"))]
        return [entry for entry in entries if entry.status == SENT]

    def _write(self, entry: Entry) -> Entry:
        path = Path(entry.file).with_suffix(".json")
        write_whole(path, json.dumps(asdict(entry), indent=2), durable=True)
        return entry


def _read(path: Path) -> Entry:
    record = json.loads(path.read_text(encoding="utf-8"))
    if "plan" in record:
        # As an older version called the key.
        record["key"] = record.pop("plan")
    return Entry(**record)
