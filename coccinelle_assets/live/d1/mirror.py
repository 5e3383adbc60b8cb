"""A mirror: a SQLite file that holds what a D1 database holds, every value as it is there.

`wrangler d1 export` is quick and not faithful: integers beyond 2^53, text with NUL, invalid UTF-8,
or both a newline and a backslash n come out changed. So each table is compared with the database
by counts and byte sums, bucket by bucket, and what differs is fetched again, exactly. Rows that
the application wrote meanwhile differ, too: they come out as they are by then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.files import whole_file
from coccinelle_assets.live.changeset.literals import Text, Value, text
from coccinelle_assets.live.d1.wrangler import Wrangler
from coccinelle_assets.live.sqlite.columns import primary_key, stored_columns
from coccinelle_assets.sql import quoted, statements

# Rows are put in buckets by the last characters of their key.
BUCKET_CHARACTERS = 2
MANY_ROWS = 200_000
COLUMNS_PER_SUM = 12
MAX_COMMAND_BYTES = 60_000
PAGE_ROWS = 5_000
PAGE_BYTES = 4_000_000
ATTEMPTS = 3
SCHEMA = (
    "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'"
)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Rows, bytes and checksum of one bucket of a table."""

    rows: int
    bytes: int
    checksum: str


class MirrorOutdatedError(CoccinelleError):
    """The database changed in a way that only a new export can follow."""


def fetch_mirror(wrangler: Wrangler, target: Path) -> None:
    """Write a verified mirror to `target`, which appears whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as partial:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                _fetch(wrangler, partial)
                break
            except MirrorOutdatedError:
                if attempt == ATTEMPTS:
                    raise


def _fetch(wrangler: Wrangler, path: Path) -> None:
    dump = path.with_suffix(".sql")
    try:
        wrangler.export(dump)
        load_dump(dump, path)
    finally:
        dump.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as mirror:
        mirror.execute("PRAGMA synchronous = OFF")
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        triggers = mirror.execute(query).fetchall()
        mirror.execute("BEGIN")
        for name, _ in triggers:
            mirror.execute(f"DROP TRIGGER {quoted(name)}")
        _verify(wrangler, mirror, dict(triggers))
        for _, sql in triggers:
            mirror.execute(sql)
        mirror.execute("COMMIT")


def load_dump(dump: Path, target: Path) -> None:
    """Load an export into a new SQLite file in one transaction, foreign keys off."""
    target.unlink(missing_ok=True)
    # No SQL text may hold NUL; a longer character in its place is noticed as one that differs.
    script = dump.read_text(encoding="utf-8").replace("\x00", "\ufffd")
    with closing(sqlite3.connect(target, isolation_level=None)) as mirror:
        mirror.execute("PRAGMA journal_mode = OFF")
        mirror.execute("PRAGMA synchronous = OFF")
        mirror.execute("PRAGMA foreign_keys = OFF")
        try:
            mirror.executescript(f"BEGIN;\n{script}\n;COMMIT;")
            return
        except sqlite3.Error as error:
            failed = error
    # A trigger on a view comes before its view: put off what fails.
    target.unlink()
    with closing(sqlite3.connect(target, isolation_level=None)) as mirror:
        mirror.execute("BEGIN")
        waiting = list(statements(script if script.rstrip().endswith(";") else f"{script};"))
        while waiting:
            left = []
            for statement in waiting:
                try:
                    mirror.execute(statement)
                except sqlite3.Error as error:
                    failed = error
                    left.append(statement)
            if len(left) == len(waiting):
                raise CoccinelleError(f"the export of the database cannot be loaded: {failed}")
            waiting = left
        mirror.execute("COMMIT")


def _verify(wrangler: Wrangler, mirror: sqlite3.Connection, triggers: Mapping[str, str]) -> None:
    tables = [
        name
        for (name,) in mirror.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
        )
    ]
    here = {name: sql for _, name, sql in mirror.execute(SCHEMA)} | dict(triggers)
    buckets = {table: _bucket(mirror, table) for table in tables}
    questions = {table: _fingerprint_query(mirror, table, buckets[table]) for table in tables}
    schema, answers = _ask(wrangler, questions)
    if here != schema:
        names = sorted(name for name in {*here, *schema} if here.get(name) != schema.get(name))
        raise MirrorOutdatedError(
            f"the schema of {wrangler.name} is not what was exported ({', '.join(names)}): "
            "it was changed meanwhile; run again"
        )
    for table, question in questions.items():
        known = _fingerprints(mirror.execute(question).fetchall())
        now = _fingerprints([tuple(row.values()) for row in answers[table]])
        differing = {b for b in {*known, *now} if known.get(b) != now.get(b)}
        for page in _pages(differing, now):
            wanted = f"{buckets[table]} IN ({', '.join(map(text, page))})"
            _fetch_again(wrangler, mirror, table, wanted)


def _ask(
    wrangler: Wrangler, questions: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, list[dict[str, Any]]]]:
    """The database's schema, and its answer to each table's question, in as few commands."""
    answers: dict[str, list[dict[str, Any]]] = {}
    schema: dict[str, str] = {}
    waiting = dict(questions)
    asked = False
    # An empty database has a schema, too, if nothing is in it.
    while not asked or waiting:
        asked = True
        batch: list[str] = []
        size = 0
        while waiting and (not batch or size < MAX_COMMAND_BYTES):
            table, question = next(iter(waiting.items()))
            del waiting[table]
            batch.append(table)
            size += len(question.encode())
        found, *rest = wrangler.query(SCHEMA, *(questions[t] for t in batch))
        schema = {row["name"]: row["sql"] for row in found}
        answers |= dict(zip(batch, rest, strict=True))
    return schema, answers


def _bucket(mirror: sqlite3.Connection, table: str) -> str:
    """The SQL expression of a row's bucket, by which rows are found again."""
    key = primary_key(mirror, table)
    if not key:
        return "''"
    many = mirror.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()[0] > MANY_ROWS
    length = BUCKET_CHARACTERS + many
    return f"ifnull(substr(CAST({quoted(key[0])} AS TEXT), -{length}), '')"


def _fingerprint_query(mirror: sqlite3.Connection, table: str, bucket: str) -> str:
    columns = [quoted(column.name) for column in stored_columns(mirror, table)]
    sizes = [f"ifnull(length(CAST({column} AS BLOB)), 0)" for column in columns]
    terms = [
        f"{31 * number + 7} * "
        + _by_type(
            column,
            text=f"length(CAST({column} AS BLOB))",
            integer=f"{column} & 65535",
            real="100003",
            blob=f"length({column}) + 300007",
            null="500009",
        )
        for number, column in enumerate(columns)
    ]
    sums = [
        _sum(terms[start : start + COLUMNS_PER_SUM])
        for start in range(0, len(terms), COLUMNS_PER_SUM)
    ]
    total = " + ".join(
        _sum(sizes[start : start + COLUMNS_PER_SUM])
        for start in range(0, len(sizes), COLUMNS_PER_SUM)
    )
    checksum = " || '/' || ".join(f"CAST({part} AS TEXT)" for part in sums)
    return (
        f"SELECT {bucket} AS bucket, count(*) AS n, {total} AS size,"
        f" {checksum} AS checksum FROM {quoted(table)} GROUP BY 1"
    )


def _by_type(column: str, *, text: str, integer: str, real: str, blob: str, null: str) -> str:
    """An SQL expression by a value's type; wrangler before 4.138 cuts a command behind any END."""
    kind = f"typeof({column})"
    return (
        f"iif({kind} = 'text', {text}, iif({kind} = 'integer', {integer},"
        f" iif({kind} = 'real', {real}, iif({kind} = 'blob', {blob}, {null}))))"
    )


def _sum(terms: Sequence[str]) -> str:
    return f"sum({' + '.join(terms)})"


def _fingerprints(rows: Sequence[Sequence[Any]]) -> dict[str, Fingerprint]:
    return {bucket: Fingerprint(*rest) for bucket, *rest in rows}


def _pages(buckets: set[str], now: Mapping[str, Fingerprint]) -> Iterator[list[str]]:
    """Buckets in lists that one command can bring."""
    page: list[str] = []
    rows = size = 0
    for bucket in sorted(buckets):
        found = now.get(bucket, Fingerprint(0, 0, ""))
        full = rows + found.rows > PAGE_ROWS or size + found.bytes > PAGE_BYTES
        if page and (full or len(page) > 1000):
            yield page
            page, rows, size = [], 0, 0
        page.append(bucket)
        rows, size = rows + found.rows, size + found.bytes
    if page:
        yield page


def _fetch_again(wrangler: Wrangler, mirror: sqlite3.Connection, table: str, wanted: str) -> None:
    """Replace the wanted rows of the mirror by what the database holds, value for value."""
    columns = [column.name for column in stored_columns(mirror, table)]
    encoded = ", ".join(
        _by_type(
            name,
            text=f"'t' || hex(CAST({name} AS BLOB))",
            integer=f"'i' || CAST({name} AS TEXT)",
            real=f"'r' || printf('%!.17g', {name})",
            blob=f"'b' || hex({name})",
            null="NULL",
        )
        + f" AS c{number}"
        for number, name in enumerate(map(quoted, columns))
    )
    (rows,) = wrangler.query(f"SELECT {encoded} FROM {quoted(table)} WHERE {wanted}")
    values = [[_decoded(value) for value in row.values()] for row in rows]
    into = f"INSERT INTO {quoted(table)} ({', '.join(map(quoted, columns))})"
    try:
        mirror.execute(f"DELETE FROM {quoted(table)} WHERE {wanted}")
        for row in values:
            # Text goes in as its bytes, which need not be UTF-8.
            marks = ("CAST(? AS TEXT)" if isinstance(value, Text) else "?" for value in row)
            mirror.execute(f"{into} VALUES ({', '.join(marks)})", row)
    except sqlite3.IntegrityError as error:
        # A unique value moved from one row to another between two commands.
        raise MirrorOutdatedError(f"table {table} changed while it was read: {error}") from error


def _decoded(value: str | None) -> Value:
    if value is None:
        return None
    kind, rest = value[0], value[1:]
    if kind == "i":
        return int(rest)
    if kind == "r":
        return float(rest)
    return Text.fromhex(rest) if kind == "t" else bytes.fromhex(rest)
