"""A D1 database as the live database: mirror it, change a copy, send the difference."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.files import whole_file
from coccinelle_assets.live.changeset.literals import text
from coccinelle_assets.live.changeset.own_tables import (
    DEFERRED,
    RECEIPTS,
    is_own,
    require_names_free,
)
from coccinelle_assets.live.changeset.script import LAST_RECEIPT, Script, write_script
from coccinelle_assets.live.changeset.trial import check_script
from coccinelle_assets.live.d1.mirror import fetch_empty, fetch_mirror
from coccinelle_assets.live.d1.needs import rows_for_changes, rows_of
from coccinelle_assets.live.d1.outbox import APPLIED, REFUSED, SENT, Entry, Outbox
from coccinelle_assets.live.d1.workspace import workspace
from coccinelle_assets.live.d1.wrangler import Wrangler, WranglerError, waits
from coccinelle_assets.live.database import Answer, Change
from coccinelle_assets.live.deferred import Deferred
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.sqlite.schema import Schema, read_schema
from coccinelle_assets.live.statistics.count import with_link_statistics
from coccinelle_assets.location import D1Place
from coccinelle_assets.sql import quoted
from coccinelle_assets.standing import changing, committed

T = TypeVar("T")
# A script that a guard held is made anew, on a new mirror.
ATTEMPTS = 4
# For so long at least a file is sent again whose end is not known.
SEND_SECONDS = 60.0
ALREADY_APPLIED = f"{RECEIPTS}.plan"


def open_d1(place: D1Place, home: Path, busy_timeout_seconds: float) -> D1Database:
    """The D1 database at a place; no process is started yet.

    Raises CoccinelleError when there is no such folder, it is not said whether the remote or the
    local one is meant, or only other environments know the name.
    """
    if not place.directory.is_dir():
        raise CoccinelleError(
            f"wrangler folder {place.directory} does not exist: set --wrangler-dir to the folder "
            "that holds wrangler.toml"
        )
    if environments := place.other_environments:
        raise CoccinelleError(
            f"d1:{place.name} is in {' and '.join(f'[env.{name}]' for name in environments)} of "
            f"wrangler's configuration alone: add --env {environments[0]}"
        )
    if place.remote is None:
        raise CoccinelleError(
            f"d1:{place.name} may be the database at Cloudflare or wrangler's local one: "
            "say --remote or --local (or set COCCINELLE_D1_REMOTE to true or false)"
        )
    return D1Database(Wrangler(place, busy_timeout_seconds), home)


class D1Database:
    """Every change is made on a copy of a mirror and sent as one script."""

    def __init__(self, wrangler: Wrangler, home: Path) -> None:
        self.wrangler = wrangler
        where = "remote" if wrangler.place.remote else "local"
        self.directory = home / "d1" / where / wrangler.place.name
        self.outbox = Outbox(self.directory / "plans")

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"d1:{self.wrangler.place.name}"

    @property
    def file(self) -> None:
        """Whether the application wrote is not to be seen from here."""

    @property
    def mirror(self) -> Path:
        """What `snapshot` copied last, as the database held it."""
        return self.directory / "mirror.sqlite"

    def schema(self) -> Schema:
        """The tables and columns, by one question."""
        with closing(fetch_empty(self.wrangler)) as empty:
            return read_schema(empty)

    def ask(self, schema: Schema, *questions: str) -> list[Answer]:
        """Answers to questions, by one command."""
        return [
            Answer(tuple(rows[0]), [tuple(row.values()) for row in rows]) if rows else Answer()
            for rows in self.wrangler.query(*(with_link_statistics(schema, q) for q in questions))
        ]

    def snapshot(self, target: Path, *, again: bool = True) -> None:
        """Fetch a mirror, and copy it to `target` without what scripts keep in it."""
        if again or not self.mirror.is_file():
            fetch_mirror(self.wrangler, self.mirror, rows_for_changes)
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(target) as partial:
            shutil.copyfile(self.mirror, partial)
            _take_last_receipt(partial)

    @contextmanager
    def read(self, *tables: str) -> Iterator[sqlite3.Connection]:
        """A connection to a fresh mirror, which is removed afterwards."""
        with workspace(self.directory) as folder:
            mirror = folder / "mirror.sqlite"
            needs = partial(rows_of, tables=tables) if tables else rows_for_changes
            fetch_mirror(self.wrangler, mirror, needs)
            _take_last_receipt(mirror)
            with open_live(mirror, 0) as connection:
                yield connection

    def change(
        self,
        name: str,
        work: Callable[[sqlite3.Connection], T],
        *,
        plan: Path | None = None,
    ) -> Change[T]:
        """Run `work` on a copy of a mirror, then send what it did as one script.

        A file that a guard held (the database had changed in a way that cannot be passed over)
        is made anew from a new mirror, a few times. Raises CoccinelleError when that was in vain,
        or when nobody can say whether the file was applied.
        """
        with changing(f"the {name}"):
            return self._change(name, work, plan)

    def rehearse(self, name: str, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` as a change does, and send nothing.

        Raises CoccinelleError when the database could not be made what the copy is.
        """
        with workspace(self.directory) as folder:
            before = folder / "before.sqlite"
            fetch_mirror(self.wrangler, before, rows_for_changes)
            return _written(name, work, before, folder / "rehearsal.sql", None)[0]

    def _change(
        self, name: str, work: Callable[[sqlite3.Connection], T], plan: Path | None
    ) -> Change[T]:
        self._settle()
        reason = ""
        for attempt in range(ATTEMPTS):
            with workspace(self.directory) as folder:
                before = folder / "before.sqlite"
                if attempt == 0 and plan and self.mirror.is_file():
                    shutil.copyfile(self.mirror, before)
                else:
                    fetch_mirror(self.wrangler, before, rows_for_changes)
                change, held = self._try(name, work, before, plan)
            # Whatever comes next, the mirror is not what the database holds any more.
            self.mirror.unlink(missing_ok=True)
            if held is None:
                return change
            reason = held.text
        raise CoccinelleError(
            f"{self.name} changed {ATTEMPTS} times while the {name} was under way, each time in a "
            f"way that it must not pass over ({reason}): nothing was written; run again"
        )

    def _try(
        self,
        name: str,
        work: Callable[[sqlite3.Connection], T],
        before: Path,
        plan: Path | None,
    ) -> tuple[Change[T], WranglerError | None]:
        """One attempt: the change, and the error of the guard that held it, if one did."""
        file = self.outbox.new_file(name)
        result, script, after = _written(name, work, before, file, plan)
        if script.is_empty:
            file.unlink()
            return Change(result), None
        entry = self.outbox.prepare(script, name)
        bookmark = self.wrangler.bookmark()
        entry = self.outbox.update(entry, status=SENT, bookmark=bookmark)
        try:
            self._send(entry)
        except WranglerError as error:
            if error.is_refusal:
                self.outbox.update(entry, status=REFUSED, reason=error.text)
            if not error.is_conflict:
                raise
            return Change(result), error
        committed()
        self.outbox.update(entry, status=APPLIED)
        notes = {"plan_file": str(file)} | ({"bookmark": bookmark} if bookmark else {})
        return Change(result, self._finish(after), notes), None

    def _send(self, entry: Entry) -> None:
        """Run the script until its receipt is there.

        Raises WranglerError when it was refused; CoccinelleError when its end is not known.
        """
        for _ in waits(max(SEND_SECONDS, self.wrangler.busy_timeout_seconds)):
            try:
                self.wrangler.execute_file(Path(entry.file))
                return
            except WranglerError as error:
                if ALREADY_APPLIED in error.text:
                    return
                if error.is_final:
                    raise
                failed = error
            # It may have been applied all the same. Sending it again is safe in any case: its
            # first row is its receipt.
            if self._receipts(entry.key):
                return
        raise CoccinelleError(
            f"{self.name}: {failed}. Whether {entry.file} was applied is not known: all of it was, "
            "or nothing. Run again: the receipt in the database will tell"
        )

    def _receipts(self, key: str) -> bool:
        try:
            (found,) = self.wrangler.query(f"SELECT plan FROM {RECEIPTS} WHERE plan = {text(key)}")
        except WranglerError as error:
            if f"no such table: {RECEIPTS}" in error.text:
                return False
            if error.is_final:
                raise
            return False
        return bool(found)

    def _settle(self) -> None:
        """Find out what became of scripts that were sent when a run broke off."""
        for entry in self.outbox.unsettled():
            applied = self._receipts(entry.key)
            self.outbox.update(entry, status=APPLIED if applied else REFUSED)

    def _finish(self, after: Path) -> tuple[Deferred, ...]:
        """Read what the script left; without any promotion left, take the receipts away."""
        (rows,) = self.wrangler.query(f"SELECT source_table, id, reason FROM {DEFERRED}")
        with closing(sqlite3.connect(after)) as connection:
            promoted = connection.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'customer_promotions'"
            ).fetchone()
        if not promoted:
            self.wrangler.query(
                f"DROP TABLE IF EXISTS {RECEIPTS}", f"DROP TABLE IF EXISTS {DEFERRED}"
            )
        return tuple(Deferred(row["source_table"], row["id"], row["reason"]) for row in rows)


def _written(
    name: str,
    work: Callable[[sqlite3.Connection], T],
    before: Path,
    file: Path,
    plan: Path | None,
) -> tuple[T, Script, Path]:
    """What `work` returns and makes of a copy of a mirror, and the script that does the same.

    The script has been tried, unless it is empty.
    """
    last_receipt = _take_last_receipt(before)
    after = before.with_name("after.sqlite")
    shutil.copyfile(before, after)
    with open_live(after, 0, writable=True) as connection:
        result = work(connection)
    script = write_script(before, after, file, name=name, last_receipt=last_receipt, plan=plan)
    if not script.is_empty:
        check_script(script, before, after)
    return result, script, after


def _take_last_receipt(mirror: Path) -> str | None:
    """The newest receipt in a mirror; the scripts' own tables are removed from it."""
    with closing(sqlite3.connect(mirror)) as connection:
        require_names_free(connection)
        own = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if is_own(name)
        ]
        receipt = connection.execute(LAST_RECEIPT).fetchone() if RECEIPTS in own else None
        for name in own:
            connection.execute(f"DROP TABLE {quoted(name)}")
        connection.commit()
    return receipt[0] if receipt else None
