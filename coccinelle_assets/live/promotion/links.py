"""Writing links: each planned one is written where the live row still is what was seen."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from coccinelle_assets.live.deferred import Deferred
from coccinelle_assets.live.promotion.undo_log import UndoLog
from coccinelle_assets.live.sqlite.columns import same_id
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.live.sqlite.snapshot import readable
from coccinelle_assets.live.sqlite.transaction import run, scalar
from coccinelle_assets.live.sqlite.unchanged import unchanged
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import LINKED_TABLES, SOURCE_TABLES

_BY_ROWID = "t.rowid = l.live_rowid AND CAST(t.id AS TEXT) = l.id"
# A row is looked for by its id, which takes longer, when it is not where it was: VACUUM may move
# rows, and a table that is made anew does.
_ELSEWHERE = f"NOT EXISTS (SELECT 1 FROM main.{{table}} AS t WHERE {_BY_ROWID})"


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
    key = "rowid" if has_rowid else "id"
    written = 0
    by_id = same_id(live, table)
    for match in (_BY_ROWID, f"{by_id} AND {_ELSEWHERE}") if has_rowid else (by_id,):
        if written == planned:
            break
        found = {"match": match.format(table=table), "table": table, "links": links, "key": key}
        kind = "VIEW" if match == _BY_ROWID else "TABLE"
        run(live, "live/promotion/sql/matching_rows.sql", **found, kind=kind, unchanged=as_seen)
        written += _write_matching_rows(live, undo_log, table, key)
        live.execute(f"DROP {kind} matching_rows")
    deferred: list[Deferred] = []
    if written < planned:
        recovered, deferred = _second_look(live, undo_log, table, links, seen)
        written += recovered
    cleared, refused = _clear_links(live, undo_log, table)
    written += cleared
    deferred.extend(refused)
    if not as_planned:
        lost = run(
            live, "live/promotion/sql/lost_links.sql", table=table, links=links, same_id=by_id
        )
        deferred.extend(Deferred(table, record_id, "changed") for (record_id,) in lost)
    return LinksWritten(written, deferred)


def _write_matching_rows(live: sqlite3.Connection, undo_log: UndoLog, table: str, key: str) -> int:
    """Write the links in temp.matching_rows and in the undo log; returns how many there are."""
    undo_log.links(live, table, key)
    return run(live, "live/promotion/sql/links.sql", table=table, key=key).rowcount


def _clear_links(
    live: sqlite3.Connection, undo_log: UndoLog, table: str
) -> tuple[int, list[Deferred]]:
    """Take off links to deleted customers, where they still are what was seen."""
    run(live, "live/promotion/sql/rows_to_clear.sql", table=table, same_id=same_id(live, table))
    cleared = _write_matching_rows(live, undo_log, table, "id")
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
    table: str,
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
    rows = run(
        live,
        "live/promotion/sql/unwritten_links.sql",
        table=table,
        links=links,
        same_id=same_id(live, table),
        **expressions,
    ).fetchall()
    recovered: list[tuple[object, str]] = []
    deferred: list[Deferred] = []
    for record_id, customer_id, unavailable, live_id, *details in rows:
        was, now = details[:5], [readable(value) for value in details[5:]]
        if live_id is None:
            deferred.append(Deferred(table, record_id, "deleted"))
        elif unavailable:
            deferred.append(Deferred(table, record_id, "customer_unavailable"))
        elif was != now:
            deferred.append(Deferred(table, record_id, "changed"))
        else:
            recovered.append((live_id, customer_id))
    if recovered:
        live.execute("CREATE TEMP TABLE matching_rows (key, customer_id TEXT)")
        live.executemany("INSERT INTO matching_rows VALUES (?, ?)", recovered)
        _write_matching_rows(live, undo_log, table, "id")
        live.execute("DROP TABLE matching_rows")
    return len(recovered), deferred
