"""The file: every statement that makes the database before a change into the one after it.

Receipt first, then guards, then rows by way of staging tables, tables rebuilt, audits, indexes,
views and triggers last. It holds no transaction statement: whoever runs it runs it as one.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.changeset.diff import Diff, read_diff
from coccinelle_assets.live.changeset.literals import MAX_STATEMENT_BYTES, Text, text
from coccinelle_assets.live.changeset.own_tables import require_names_free
from coccinelle_assets.live.changeset.row_diff import RowComparison
from coccinelle_assets.live.changeset.statements import Statements
from coccinelle_assets.sql import load_sql

# The newest receipt of a database that files were run on.
LAST_RECEIPT = "SELECT plan FROM coccinelle_receipts ORDER BY rowid DESC LIMIT 1"
# What wrangler strips from a file wherever it stands; literals are written around it.
STRIPPED = "BEGIN TRANSACTION"
MAPPED_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class Script:
    """A file that was written; `key` is its hash, by which its receipt is known."""

    path: Path
    key: str
    is_empty: bool
    last_receipt: str | None = None


def write_script(
    before: Path,
    after: Path,
    target: Path,
    *,
    name: str,
    last_receipt: str | None = None,
    plan: Path | None = None,
) -> Script:
    """Write the change from the SQLite file `before` to the SQLite file `after` to `target`.

    `last_receipt` is the newest receipt of the database that `before` is a copy of; the file
    refuses to run once there is a newer one. `plan` is the plan that the change applied, if it was
    one: a new customer is taken off again where none of its records is as it was seen.
    Raises CoccinelleError when SQL that D1 accepts cannot express the change.
    """
    try:
        return _write_script(before, after, target, name, last_receipt, plan)
    except sqlite3.OperationalError as error:
        if "no such collation" not in str(error):
            raise
        raise CoccinelleError(
            f"the change cannot be written down as SQL: {error}, which only the application has, "
            "so rows cannot be compared; nothing was written"
        ) from error


def _write_script(
    before: Path,
    after: Path,
    target: Path,
    name: str,
    last_receipt: str | None,
    plan: Path | None,
) -> Script:
    target.parent.mkdir(parents=True, exist_ok=True)
    body = target.with_name(target.name + ".partial")
    digest = hashlib.sha256((last_receipt or "").encode())
    with opened(before, after) as (connection, values):
        require_names_free(connection, "before")
        comparison = RowComparison(connection, values)
        diff = read_diff(connection, comparison)
        with body.open("wb") as file:
            for statement in Statements(diff, comparison, plan).statements(last_receipt):
                line = _terminated(statement)
                digest.update(line)
                file.write(line)
    key = digest.hexdigest()
    receipts = load_sql("live/changeset/sql/receipts.sql", plan=text(key), name=text(name))
    with target.open("wb") as file:
        file.write(_heading(name, diff).encode())
        file.write(receipts.encode())
        with body.open("rb") as rest:
            shutil.copyfileobj(rest, file)
    body.unlink()
    return Script(target, key, diff.is_empty, last_receipt)


@contextmanager
def opened(before: Path, after: Path) -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection]]:
    """Two connections to both files as `before` and `after`: for names, and for values as bytes.

    `after` is also the main database, so that queries of the live tables run on it unchanged.
    """
    with closing(_attached(before, after)) as names, closing(_attached(before, after)) as values:
        values.text_factory = Text
        yield names, values


def _attached(before: Path, after: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(after, isolation_level=None)
    connection.execute("PRAGMA temp_store = MEMORY")
    for name, path in (("before", before), ("after", after)):
        connection.execute(f"ATTACH ? AS {name}", (str(path),))
    # Both are compared from end to end, the one in the other's order.
    for name in ("main", "before", "after"):
        connection.execute(f"PRAGMA {name}.mmap_size = {MAPPED_BYTES}")
    return connection


def _terminated(statement: str) -> bytes:
    line = f"{statement.strip().removesuffix(';')};\n".encode()
    if STRIPPED.encode() in line:
        raise CoccinelleError(
            f"wrangler strips the words {STRIPPED} from a file, and the schema holds them: "
            f"take them out of {statement[:60]!r}"
        )
    if len(line) > MAX_STATEMENT_BYTES:
        raise CoccinelleError(
            f"a statement of {len(line):,} bytes is longer than D1 takes: {statement[:60]!r}"
        )
    return line


def _heading(name: str, diff: Diff) -> str:
    lines = [
        f"-- {name}: written by coccinelle, to be run as one transaction:",
        "--   wrangler d1 execute NAME --local|--remote --file FILE",
        '--   sqlite3 -bail DATABASE "BEGIN IMMEDIATE" ".read FILE" "COMMIT"',
        *(f"-- {line}" for line in diff.summary()),
    ]
    return "\n".join(lines) + "\n"
