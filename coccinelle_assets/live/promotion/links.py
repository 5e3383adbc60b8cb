"""Writing links: each planned one is written where the live row still is what was seen."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.deferred import Deferred
from coccinelle_assets.live.promotion.undo_log import UndoLog
from coccinelle_assets.live.sqlite.record_ids import is_record
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.live.sqlite.snapshot import readable
from coccinelle_assets.live.sqlite.transaction import run, scalar
from coccinelle_assets.live.sqlite.unchanged import unchanged
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import LINKED_TABLES, SOURCE_TABLES


@dataclass(frozen=True, slots=True)
class LinksWritten:
    """How many rows of one table were written, and what was left."""

    rows: int
    deferred: list[Deferred]


def write_links(
    live: sqlite3.Connection,
    schema: Schema,
    undo_log: UndoLog,
    table: str,
    *,
    as_planned: bool = False,
) -> LinksWritten:
    """Write the planned links of one table.

    `as_planned`: nobody wrote since the plan was made, so no link is looked for that was lost.
    """
    links = LINKED_TABLES[table]
    seen = _deployed_details(schema, table)
    details = [(f"t.{quoted(name)}", f"l.seen_{detail}") for detail, name in seen.items() if name]
    as_seen = unchanged([("t.tenant_id", "l.seen_tenant_id"), *details], as_text=True)
    planned = scalar(live, f"SELECT count(*) FROM plan_links.{links} WHERE changed")
    has_rowid = table in schema.rowid_tables
    rows = _Rows.of(live, schema, table)
    by_id = is_record(live, schema, table, "l.id")
    in_place = f"t.rowid = l.live_rowid AND CAST({schema.record_id(table, 't.')} AS TEXT) = l.id"
    # A row is looked for by its id, which takes longer, when it is not where it was: VACUUM may
    # move rows, and a table that is made anew does.
    elsewhere = f"NOT EXISTS (SELECT 1 FROM main.{table} AS t WHERE {in_place})"
    written = 0
    for match in (in_place, f"{by_id} AND {elsewhere}") if has_rowid else (by_id,):
        if written == planned:
            break
        kind = "VIEW" if match == in_place else "TABLE"
        run(
            live,
            "live/promotion/sql/matching_rows.sql",
            match=match,
            table=table,
            links=links,
            key=rows.key,
            kind=kind,
            unchanged=as_seen,
        )
        written += _write_matching_rows(live, undo_log, rows)
        live.execute(f"DROP {kind} matching_rows")
    deferred: list[Deferred] = []
    if written < planned:
        recovered, deferred = _second_look(live, undo_log, rows, by_id, links, seen)
        written += recovered
    cleared, refused = _clear_links(live, undo_log, rows, by_id)
    written += cleared
    deferred.extend(refused)
    if not as_planned:
        lost = run(
            live, "live/promotion/sql/lost_links.sql", table=table, links=links, same_record=by_id
        )
        deferred.extend(Deferred(table, record_id, "changed") for (record_id,) in lost)
    return LinksWritten(written, deferred)


@dataclass(frozen=True, slots=True)
class _Rows:
    """How rows of a table are found again, in SQL: `key` of a row `t`, which one of `m` is."""

    table: str
    id: str
    key: str
    found: str

    @classmethod
    def of(cls, live: sqlite3.Connection, schema: Schema, table: str) -> _Rows:
        record_id = schema.record_id(table, "t.")
        if table in schema.rowid_tables:
            return cls(table, record_id, "t.rowid", "t.rowid = m.key")
        return cls(table, record_id, record_id, is_record(live, schema, table, "m.key", typed=True))


def _write_matching_rows(live: sqlite3.Connection, undo_log: UndoLog, rows: _Rows) -> int:
    """Write the links in temp.matching_rows and in the undo log; returns how many there are."""
    undo_log.links(live, rows.table, rows.id, rows.found)
    return run(live, "live/promotion/sql/links.sql", table=rows.table, found=rows.found).rowcount


def _clear_links(
    live: sqlite3.Connection, undo_log: UndoLog, rows: _Rows, same_record: str
) -> tuple[int, list[Deferred]]:
    """Take off links to deleted customers, where they still are what was seen."""
    table = rows.table
    run(
        live,
        "live/promotion/sql/rows_to_clear.sql",
        table=table,
        key=rows.key,
        same_record=same_record,
    )
    try:
        cleared = _write_matching_rows(live, undo_log, rows)
    except sqlite3.IntegrityError as error:
        if not str(error).startswith("NOT NULL"):
            raise
        raise CoccinelleError(
            f"a link of {table} leads to nobody any more and would be taken off, and "
            f"{table}.customer_id is NOT NULL: give that row a customer, or take the rule off; "
            "nothing was written"
        ) from error
    left = run(live, "live/promotion/sql/uncleared_links.sql", table=table).fetchall()
    live.execute("DROP TABLE matching_rows")
    return cleared, [Deferred(table, record_id, "changed") for (record_id,) in left]


def _deployed_details(schema: Schema, table: str) -> dict[str, str | None]:
    """The deployed names of the columns by which a record is known: e-mail, phone, prospect."""
    columns = {column.name: column for column in SOURCE_TABLES[table]}
    return {
        "email": schema.deployed(table, columns["customer_email"]),
        "phone": schema.deployed(table, columns["customer_phone"]),
        "prospect_id": schema.deployed(table, columns["prospect_id"]),
    }


def _second_look(
    live: sqlite3.Connection,
    undo_log: UndoLog,
    rows: _Rows,
    same_record: str,
    links: str,
    seen: dict[str, str | None],
) -> tuple[int, list[Deferred]]:
    """Links that the bulk update left: text that only reads differently is linked after all.

    Returns the number of links written and the ones deferred, each with its reason.
    """
    expressions = {
        detail: f"CAST(t.{quoted(name)} AS BLOB)" if name else "NULL"
        for detail, name in seen.items()
    }
    table = rows.table
    unwritten = run(
        live,
        "live/promotion/sql/unwritten_links.sql",
        table=table,
        links=links,
        key=rows.key,
        same_record=same_record,
        **expressions,
    ).fetchall()
    recovered: list[tuple[object, str]] = []
    deferred: list[Deferred] = []
    for record_id, customer_id, unavailable, key, *details in unwritten:
        was, now = details[:5], [readable(value) for value in details[5:]]
        if key is None:
            deferred.append(Deferred(table, record_id, "deleted"))
        elif unavailable:
            deferred.append(Deferred(table, record_id, "customer_unavailable"))
        elif was != now:
            deferred.append(Deferred(table, record_id, "changed"))
        else:
            recovered.append((key, customer_id))
    if recovered:
        live.execute("CREATE TEMP TABLE matching_rows (key, customer_id TEXT)")
        live.executemany("INSERT INTO matching_rows VALUES (?, ?)", recovered)
        _write_matching_rows(live, undo_log, rows)
        live.execute("DROP TABLE matching_rows")
    return len(recovered), deferred
