"""A mirror: a SQLite file with the schema of a D1 database, and those of its rows that are needed.

It is read by questions. An export would hold up everybody while it runs, copy what is none of our
business, and come out changed in some values; a database with virtual tables has none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.files import whole_file
from coccinelle_assets.live.changeset.literals import Text
from coccinelle_assets.live.d1.needs import Needs
from coccinelle_assets.live.d1.rows import Reading, Row, read_pages
from coccinelle_assets.live.d1.wrangler import Wrangler, WranglerError
from coccinelle_assets.live.sqlite.columns import has_rowid, primary_key, stored_columns
from coccinelle_assets.live.sqlite.virtual_tables import content_of, rebuild, virtual_tables
from coccinelle_assets.location import D1Place
from coccinelle_assets.sql import load_sql, quoted

ATTEMPTS = 3
VIRTUAL = "CREATE VIRTUAL"
EXISTS = "SELECT 1 FROM sqlite_master WHERE name = ? COLLATE NOCASE"
# Type, name and definition of an object.
Object = tuple[str, str, str]
# Schemas as they were last seen: the next questions are asked by them, and the schema with them.
_seen: dict[D1Place, list[Object]] = {}


class MirrorOutdatedError(CoccinelleError):
    """The database changed in a way that only new questions can follow."""


def fetch_empty(wrangler: Wrangler) -> sqlite3.Connection:
    """The schema of a database, without rows, in memory."""
    (rows,) = wrangler.query(_schema_question())
    _seen[wrangler.place] = _objects(rows)
    return _made(_seen[wrangler.place])


def fetch_mirror(
    wrangler: Wrangler, target: Path, needs: Callable[[sqlite3.Connection], Needs]
) -> None:
    """Write a mirror to `target`, which appears whole or not at all.

    `needs` says of the empty schema which tables and columns are to be read; of the others a NULL,
    or an empty text where there must be something, stands for every value.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as partial:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                _fetch(wrangler, partial, needs)
                break
            except MirrorOutdatedError:
                _seen.pop(wrangler.place, None)
                if attempt == ATTEMPTS:
                    raise


def _fetch(wrangler: Wrangler, path: Path, needs: Callable[[sqlite3.Connection], Needs]) -> None:
    if wrangler.place not in _seen:
        fetch_empty(wrangler).close()
    schema = _seen[wrangler.place]
    with closing(_made(schema)) as empty:
        readings = [_reading(empty, *wanted) for wanted in needs(empty).items()]
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as mirror:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "ignore_check_constraints = ON"):
            mirror.execute(f"PRAGMA {pragma}")
        mirror.execute("BEGIN")
        _make(mirror, [item for item in schema if item[0] == "table"])
        try:
            _read(wrangler, mirror, schema, readings)
            _make(mirror, schema)
        except sqlite3.IntegrityError as error:
            # A unique value moved from one row to another between two questions.
            raise MirrorOutdatedError(
                f"{wrangler.place.name} changed while it was read ({error}): run again"
            ) from error
        for name, definition in virtual_tables(mirror).items():
            if content_of(definition):
                with suppress(sqlite3.Error):
                    mirror.execute(rebuild(name))
        mirror.execute("COMMIT")


def _read(
    wrangler: Wrangler,
    mirror: sqlite3.Connection,
    schema: Sequence[Object],
    readings: Sequence[Reading],
) -> None:
    """Write the rows that are asked for to a mirror that has the tables."""
    beside = [_schema_question()]
    if mirror.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
        beside.append("SELECT name, seq FROM sqlite_sequence")
    sequences: list[dict[str, object]] = []
    try:
        for others, pages in read_pages(wrangler, readings, *beside):
            if others:
                objects, *rest = others
                sequences = rest[0] if rest else []
                _require_same(wrangler, schema, _objects(objects))
            for reading, rows in pages:
                _insert(mirror, reading, rows)
    except WranglerError as error:
        if error.is_refusal and error.is_conflict:
            raise MirrorOutdatedError(f"{error}: run again") from error
        raise
    if sequences:
        mirror.execute("DELETE FROM sqlite_sequence")
        mirror.executemany(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)", sequences
        )


def _require_same(wrangler: Wrangler, schema: Sequence[Object], now: Sequence[Object]) -> None:
    if schema != now:
        before, after = ({name: sql for _, name, sql in items} for items in (schema, now))
        names = {*before, *after}
        changed = sorted(name for name in names if before.get(name) != after.get(name))
        raise MirrorOutdatedError(
            f"the schema of {wrangler.place.name} was changed while it was read "
            f"({', '.join(changed)}): run again"
        )


def _reading(empty: sqlite3.Connection, table: str, columns: frozenset[str]) -> Reading:
    stored = [column.name for column in stored_columns(empty, table)]
    hidden = "rowid" in {name.lower() for name in stored}
    key = (
        ("rowid",)
        if has_rowid(empty, table) and not hidden
        else tuple(map(quoted, primary_key(empty, table)))
    )
    return Reading(table, key, tuple(name for name in stored if name in columns))


def _insert(mirror: sqlite3.Connection, reading: Reading, rows: Sequence[Row]) -> None:
    """Insert a page; rows keep their numbers."""
    numbered = reading.key == ("rowid",)
    skipped = 0 if numbered else len(reading.key)
    columns = [*(("rowid",) if numbered else ()), *map(quoted, reading.columns)]
    filled = [
        quoted(column.name)
        for column in stored_columns(mirror, reading.table)
        if column.name not in reading.columns and not column.nullable and column.default == "NULL"
    ]
    into = f"INSERT INTO {quoted(reading.table)} ({', '.join([*columns, *filled])})"
    fill = ["''"] * len(filled)

    def statement(marks: Sequence[str]) -> str:
        return f"{into} VALUES ({', '.join([*marks, *fill])})"

    values = [row[skipped:] for row in rows]
    odd = [row for row in values if any(isinstance(value, Text) for value in row)]
    plain = [row for row in values if row not in odd] if odd else values
    mirror.executemany(statement(["?"] * len(columns)), plain)
    for row in odd:
        # Text that is no UTF-8 goes in as its bytes.
        marks = ["CAST(? AS TEXT)" if isinstance(value, Text) else "?" for value in row]
        mirror.execute(statement(marks), row)


def _made(schema: Sequence[Object]) -> sqlite3.Connection:
    empty = sqlite3.connect(":memory:", isolation_level=None)
    _make(empty, schema)
    return empty


def _make(connection: sqlite3.Connection, schema: Sequence[Object]) -> None:
    """Make objects that are not there; a virtual table that this SQLite does not know is left out.

    Virtual ones first, which make their own tables. A trigger on a view may come before its view:
    what fails is put off.
    """
    waiting = sorted(schema, key=lambda item: not item[2].upper().startswith(VIRTUAL))
    while waiting:
        left: list[Object] = []
        for item in waiting:
            _, name, definition = item
            if connection.execute(EXISTS, (name,)).fetchone():
                continue
            try:
                connection.execute(definition)
            except sqlite3.OperationalError as error:
                left.append(item)
                failed = error
        if len(left) == len(waiting):
            if all(definition.upper().startswith(VIRTUAL) for _, _, definition in left):
                return
            raise CoccinelleError(
                f"{left[-1][0]} {left[-1][1]} cannot be made by this SQLite ({failed}): take it "
                "off, or change it; nothing was written"
            )
        waiting = left


def _objects(rows: Sequence[dict[str, str]]) -> list[Object]:
    return [(row["type"], row["name"], row["sql"]) for row in rows]


def _schema_question() -> str:
    return load_sql("live/d1/sql/schema.sql")
