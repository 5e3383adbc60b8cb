"""Rows of appointments and conversations as the face shows them, whatever columns a table has."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from math import isfinite
from typing import Any

from coccinelle_assets.api.cursors import behind, write_cursor
from coccinelle_assets.api.details import moment
from coccinelle_assets.api.store import api_sql
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.live.statistics.count import utc
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import DETAILS, SOURCE_TABLES, Column

TABLES = {"appointments": "appointments", "conversations": "omni_conversations"}
DATES = {"appointments": "appointment_date", "omni_conversations": "last_message_at"}
SHOWN = {
    "appointments": ("id", "customer_id", "prospect_id", *DETAILS, "appointment_date"),
    "omni_conversations": (
        "id", "customer_id", "prospect_id", *DETAILS, "current_channel", "first_message_at",
        "last_message_at",
    ),
}  # fmt: skip
STAMPS = ("created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class Layout:
    """The deployed columns of a table: canonical ones by name, and the application's own.

    `computed` are generated ones, which can be read alone.
    """

    table: str
    canonical: dict[str, str]
    own: tuple[str, ...]
    computed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, schema: Schema, table: str) -> Layout:
        """What a database has of a table."""
        columns = {column.name: column for column in SOURCE_TABLES[table]}
        canonical = {
            name: deployed
            for name in (*SHOWN[table], "tenant_id", *STAMPS)
            if (deployed := schema.deployed(table, columns.get(name, Column(name))))
        }
        known = set(canonical.values())
        own = tuple(name for name in schema.tables[table] if name not in known)
        return cls(table, canonical, own, schema.computed.get(table, frozenset()))

    def shown(self, row: tuple[Any, ...]) -> dict[str, Any]:
        """A row of the columns that `selected` names."""
        values = dict(zip((*self._names, *self.own), row, strict=True))
        record: dict[str, Any] = {
            name: None if values.get(name) is None else _text(values[name])
            for name in (*SHOWN[self.table], *STAMPS)
        }
        record["attributes"] = {name: _plain(values[name]) for name in self.own}
        return record

    @property
    def selected(self) -> str:
        """The columns to be read."""
        deployed = [self.canonical[name] for name in self._names]
        return ", ".join(map(quoted, (*deployed, *self.own)))

    @property
    def _names(self) -> list[str]:
        return [name for name in (*SHOWN[self.table], *STAMPS) if name in self.canonical]


def _text(value: object) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


def _plain(value: object) -> object:
    """A value as JSON has it, which knows no infinity."""
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return _text(value) if isinstance(value, bytes) else value


def list_records(
    live: sqlite3.Connection,
    schema: Schema,
    table: str,
    tenant: str,
    *,
    limit: int,
    customer_id: str | None = None,
    since: str | None = None,
    until: str | None = None,
    cursor: str | None = None,
    latest_first: bool = False,
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of a table in the order of its dates, and the cursor of the next one."""
    layout = Layout.of(schema, table)
    date = quoted(layout.canonical.get(DATES[table], "id"))
    values: dict[str, object] = {"tenant": tenant, "limit": limit + 1}
    conditions = [behind(date, cursor, values)]
    if customer_id is not None:
        values["customer_id"] = customer_id
        conditions.append("customer_id = :customer_id")
    for name, sign, given in (("since", ">=", since), ("until", "<", until)):
        if given is not None:
            values[name] = moment(given, f"query.{name}")
            conditions.append(f"{utc(date)} {sign} :{name}")
    order = "DESC" if latest_first else "ASC"
    query = api_sql(
        "record",
        table=table,
        columns=f"{date}, {layout.selected}",
        conditions=f"{' AND '.join(conditions)} ORDER BY {date} {order}, id {order} LIMIT :limit",
    )
    rows = live.execute(query, values).fetchall()
    items = [layout.shown(row[1:]) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        last = rows[limit - 1][0]
        following = write_cursor(None if last is None else str(last), items[-1]["id"])
    return items, following


def read_record(
    live: sqlite3.Connection, layout: Layout, tenant: str, record_id: str
) -> dict[str, Any] | None:
    """One record of a tenant."""
    query = api_sql("record", table=layout.table, columns=layout.selected, conditions="id = :id")
    row = live.execute(query, {"tenant": tenant, "id": record_id}).fetchone()
    return layout.shown(row) if row else None
