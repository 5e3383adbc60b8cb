"""Which rows differ between two copies of a database, table by table, by primary key."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.changeset.literals import Value
from coccinelle_assets.live.changeset.policy import watched
from coccinelle_assets.live.sqlite.columns import (
    is_keyed_by_id,
    is_keyed_by_tenant,
    primary_key,
    stored_columns,
)
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import (
    COMPANION_TABLES,
    LINKED_TABLES,
)


@dataclass(frozen=True, slots=True)
class TableRows:
    """What of a table's rows differs: columns by role, and how many rows there are of each kind.

    `changed` columns get new values; `seen` ones must still hold what they held; `added` of the
    changed columns are in the second schema only.
    """

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    changed: tuple[str, ...]
    seen: tuple[str, ...]
    added: tuple[str, ...]
    updated: int
    inserted: int
    deleted: int

    @property
    def differs(self) -> bool:
        """Whether there is any row to write."""
        return bool(self.updated or self.inserted or self.deleted)


class RowComparison:
    """Rows of the attached databases `before` and `after`, compared by primary key.

    `values` is a second connection to the same databases, whose text_factory is Text.
    """

    def __init__(self, connection: sqlite3.Connection, values: sqlite3.Connection) -> None:
        self.connection = connection
        self.values = values

    def compare(self, table: str) -> TableRows | None:
        """What differs of a table that is in both, None when nothing does.

        Raises CoccinelleError when rows differ that nothing addresses.
        """
        after = [column.name for column in stored_columns(self.connection, table, "after")]
        before = {
            column.name: column for column in stored_columns(self.connection, table, "before")
        }
        common = [name for name in after if name in before]
        key = self._key(table, common)
        if not key:
            return self._rewritten(table, after, common)
        defaults = {
            column.name: column.default
            for column in stored_columns(self.connection, table, "after")
            if column.name not in before
        }
        shared, changed = self._changed_columns(table, key, after, defaults)
        size = {
            schema: self._count(f"SELECT count(*) FROM {schema}.{quoted(table)}")
            for schema in ("before", "after")
        }
        updated = self._updated_query(table, key, changed, defaults, "count(*)")
        rows = TableRows(
            table=table,
            key=key,
            columns=tuple(after),
            changed=changed,
            seen=tuple(name for name in watched(table, common, changed) if name not in key),
            added=tuple(name for name in changed if name not in before),
            updated=self._count(updated) if changed else 0,
            inserted=size["after"] - shared,
            deleted=size["before"] - shared,
        )
        return rows if rows.differs else None

    def updated(self, rows: TableRows) -> Iterator[tuple[Value, ...]]:
        """Key, seen values and new values of each row that differs, in the order of the table."""
        wanted = [f"b.{quoted(name)}" for name in (*rows.key, *rows.seen)]
        wanted += [f"a.{quoted(name)}" for name in rows.changed]
        defaults = {
            column.name: column.default
            for column in stored_columns(self.connection, rows.table, "after")
            if column.name in rows.added
        }
        query = self._updated_query(rows.table, rows.key, rows.changed, defaults, ", ".join(wanted))
        yield from self.values.execute(query)

    def inserted(self, rows: TableRows) -> Iterator[tuple[Value, ...]]:
        """Every value of each row that is in the second copy only; of all without a key."""
        if not rows.key:
            yield from self.whole(rows.table, rows.columns)
            return
        wanted = ", ".join(f"a.{quoted(name)}" for name in rows.columns)
        yield from self.values.execute(_missing("after", "before", rows.table, rows.key, wanted))

    def deleted(self, rows: TableRows) -> Iterator[tuple[Value, ...]]:
        """Key and seen values of each row that is in the first copy only."""
        wanted = ", ".join(f"a.{quoted(name)}" for name in (*rows.key, *rows.seen))
        yield from self.values.execute(_missing("before", "after", rows.table, rows.key, wanted))

    def whole(self, table: str, columns: Sequence[str]) -> Iterator[tuple[Value, ...]]:
        """Every row of a table of the second copy."""
        wanted = ", ".join(map(quoted, columns))
        yield from self.values.execute(f"SELECT {wanted} FROM after.{quoted(table)}")

    def whole_table(self, table: str, columns: Sequence[str]) -> TableRows:
        """Every row of a table of the second copy as one to be inserted."""
        rows = self._count(f"SELECT count(*) FROM after.{quoted(table)}")
        return TableRows(table, (), tuple(columns), (), (), (), 0, rows, 0)

    def _key(self, table: str, common: Sequence[str]) -> tuple[str, ...]:
        told_by = self._key_of_records(table)
        if told_by and not self._has_null(table, told_by):
            return told_by
        key = primary_key(self.connection, table, "after")
        if key and key == primary_key(self.connection, table, "before"):
            return () if self._has_null(table, key) else key
        if "id" not in common or self._has_null(table, ("id",)):
            return ()
        apart = all(
            self._count(f"SELECT count(*) = count(DISTINCT id) FROM {schema}.{quoted(table)}")
            for schema in ("before", "after")
        )
        return ("id",) if apart else ()

    def _key_of_records(self, table: str) -> tuple[str, ...]:
        """What tells a linked record, as audits and lists name it, whatever the table's own key."""
        if table not in LINKED_TABLES:
            return ()
        if is_keyed_by_id(self.connection, table):
            return ("id",)
        return ("tenant_id", "id") if is_keyed_by_tenant(self.connection, table) else ()

    def _has_null(self, table: str, key: Sequence[str]) -> bool:
        condition = " OR ".join(f"{quoted(name)} IS NULL" for name in key)
        return any(
            self._count(f"SELECT EXISTS (SELECT 1 FROM {s}.{quoted(table)} WHERE {condition})")
            for s in ("before", "after")
        )

    def _rewritten(
        self, table: str, columns: Sequence[str], common: Sequence[str]
    ) -> TableRows | None:
        """A table without a key, None when it is the same: one of our own is written anew."""
        if self._is_same(table, common):
            return None
        if table not in COMPANION_TABLES:
            raise CoccinelleError(
                f"rows of table {table} would change, and no primary key says which: "
                "give it one (or a column id without duplicates and NULLs)"
            )
        before = self._count(f"SELECT count(*) FROM before.{quoted(table)}")
        return replace(self.whole_table(table, columns), deleted=before)

    def _is_same(self, table: str, columns: Sequence[str]) -> bool:
        names = ", ".join(map(quoted, columns))
        group = f"SELECT count(*), {names} FROM {{}}.{quoted(table)} GROUP BY {names}"
        one, other = group.format("before"), group.format("after")
        return not any(
            self._count(f"SELECT EXISTS ({first} EXCEPT {second})")
            for first, second in ((one, other), (other, one))
        )

    def _changed_columns(
        self, table: str, key: Sequence[str], columns: Sequence[str], defaults: dict[str, str]
    ) -> tuple[int, tuple[str, ...]]:
        """The number of rows that are in both, and the columns in which any of them differ."""
        flags = ", ".join(f"max({_differs(name, defaults)})" for name in columns)
        shared, *row = self.connection.execute(
            f"SELECT count(*), {flags} FROM {_joined(table, key)}"
        ).fetchone()
        return shared, tuple(name for name, flag in zip(columns, row, strict=True) if flag)

    def _updated_query(
        self,
        table: str,
        key: Sequence[str],
        changed: Sequence[str],
        defaults: dict[str, str],
        wanted: str,
    ) -> str:
        condition = " OR ".join(_differs(name, defaults) for name in changed) or "FALSE"
        return f"SELECT {wanted} FROM {_joined(table, key)} WHERE {condition}"

    def _count(self, query: str) -> int:
        return self.connection.execute(query).fetchone()[0]


def _joined(table: str, key: Sequence[str]) -> str:
    # Walks the first copy in its own order and finds each row's counterpart.
    same = " AND ".join(f"a.{quoted(name)} = b.{quoted(name)}" for name in key)
    name = quoted(table)
    return f"before.{name} AS b CROSS JOIN after.{name} AS a ON {same}"


def _differs(name: str, defaults: dict[str, str]) -> str:
    new = f"a.{quoted(name)}"
    old = defaults.get(name, f"b.{quoted(name)}")
    return f"({new} IS NOT {old} COLLATE BINARY OR typeof({new}) <> typeof({old}))"


def _missing(here: str, there: str, table: str, key: Sequence[str], wanted: str) -> str:
    """A query of the rows of one copy whose key the other lacks."""
    same = " AND ".join(f"a.{quoted(name)} = b.{quoted(name)}" for name in key)
    return (
        f"SELECT {wanted} FROM {here}.{quoted(table)} AS a WHERE NOT EXISTS"
        f" (SELECT 1 FROM {there}.{quoted(table)} AS b WHERE {same})"
    )
