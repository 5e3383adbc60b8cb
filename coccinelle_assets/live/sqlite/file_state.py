"""Whether a SQLite file was written to since a copy, or since all of it was promoted.

A few bytes tell. A skipped run must never hide news, so a state is remembered only where it is
certain that nothing but the promotion wrote to the file. Where it is not, the next run promotes
nothing and remembers the state that it saw.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from coccinelle_assets.files import write_whole

# The header of a SQLite file: its write version is 2 in WAL mode, 1 otherwise.
WRITE_VERSION = 18
CHANGE_COUNTER = slice(24, 28)
WAL = 2
# File times advance in ticks of some ms: a write within the tick of an earlier one leaves no trace.
QUIET_NS = 1_000_000_000
THIS_PROCESS = uuid4().hex
# What a note that is missing, half written or somebody else's raises: it says nothing.
UNREADABLE = (OSError, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class FileState:
    """Sizes in bytes, times in ns, and the counter that every transaction raises by one.

    In WAL mode transactions go to the file beside it and the counter says nothing.
    """

    wal_mode: bool
    size: int
    modified_ns: int
    change_counter: int
    wal_size: int
    wal_modified_ns: int

    def is_quiet(self, now_ns: int) -> bool:
        """Whether a write after the time given cannot look like one before it."""
        newest = max(self.modified_ns, self.wal_modified_ns)
        return not self.wal_mode or now_ns - newest > QUIET_NS

    def is_one_transaction_after(self, earlier: FileState) -> bool:
        """Whether exactly one transaction was committed since; False where it cannot be told."""
        counted = not (self.wal_mode or earlier.wal_mode)
        return counted and self.change_counter == earlier.change_counter + 1


def read_file_state(database: Path) -> FileState:
    """The state of a database file as it is now; raises OSError when it is not there."""
    # SQLite keeps the log beside the file that a symbolic link leads to.
    database = database.resolve()
    with database.open("rb") as file:
        header = file.read(CHANGE_COUNTER.stop)
    status = database.stat()
    wal_size, wal_modified_ns = _read_log_state(database)
    return FileState(
        wal_mode=header[WRITE_VERSION] == WAL,
        size=status.st_size,
        modified_ns=status.st_mtime_ns,
        change_counter=int.from_bytes(header[CHANGE_COUNTER], "big"),
        wal_size=wal_size,
        wal_modified_ns=wal_modified_ns,
    )


def _read_log_state(database: Path) -> tuple[int, int]:
    """Size and time of the log of WAL mode, zeros where there is none."""
    try:
        log = database.with_name(database.name + "-wal").stat()
    except FileNotFoundError:
        return 0, 0
    # A reader leaves an empty one behind.
    return (log.st_size, log.st_mtime_ns) if log.st_size else (0, 0)


def note_state(note: Path, database: Path) -> None:
    """Write the state of a database to the JSON file `note`, before a snapshot of it is taken."""
    state = read_file_state(database)
    quiet = state.is_quiet(time.time_ns())
    note.parent.mkdir(parents=True, exist_ok=True)
    write_whole(note, json.dumps({"quiet": quiet, "state": asdict(state)}))


def note_copy(note: Path, copy: Path) -> None:
    """Add to a note that `copy` was taken of the database after its state was noted."""
    noted = json.loads(note.read_text(encoding="utf-8"))
    noted |= {"copy": asdict(read_file_state(copy)), "copied_by": THIS_PROCESS}
    write_whole(note, json.dumps(noted))


def is_exact_copy(note: Path, database: Path, copy: Path) -> bool:
    """Whether `copy` holds what the database holds now; False where that is not certain.

    Only a copy that this process took: one of before a power failure may not be on the disk.
    """
    try:
        noted = json.loads(note.read_text(encoding="utf-8"))
        now, copied = read_file_state(database), read_file_state(copy)
        unwritten = noted["state"] == asdict(now) and noted["copy"] == asdict(copied)
        return unwritten and noted["quiet"] and noted["copied_by"] == THIS_PROCESS
    except UNREADABLE:
        return False


def remember_clean(record: Path, note: Path, database: Path, *, rules: str, wrote: bool) -> None:
    """Remember in the JSON file `record` that all of the database is promoted, if that is certain.

    `note` is the state noted before the snapshot that was promoted; `rules` names the rules of
    identity it was resolved by; `wrote` tells whether the promotion wrote anything.
    """
    try:
        record.unlink(missing_ok=True)
        noted = json.loads(note.read_text(encoding="utf-8"))
        before, after = FileState(**noted["state"]), read_file_state(database)
        unseen = not after.is_one_transaction_after(before) if wrote else after != before
        if unseen or not noted["quiet"]:
            return
        write_whole(record, json.dumps({"rules": rules, "state": asdict(after)}))
    except UNREADABLE:
        # It is promoted already: without a record the next run looks for itself, nothing is lost.
        return


def is_clean(record: Path, database: Path, *, rules: str) -> bool:
    """Whether the database is as it was when all of it was promoted, by the same rules."""
    try:
        remembered = json.loads(record.read_text(encoding="utf-8"))
        return bool(remembered == {"rules": rules, "state": asdict(read_file_state(database))})
    except UNREADABLE:
        return False
