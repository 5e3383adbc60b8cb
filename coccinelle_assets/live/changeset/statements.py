"""The order of a file's statements, so that no constraint breaks on the way.

Rows come before the tables that are rebuilt with stricter rules; parents are inserted first and
deleted last, with foreign keys on all the time; triggers are away while rows are written, since
what they did on the copy is among the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from coccinelle_assets.live.changeset.audits import WAVE_TENANTS, Audits
from coccinelle_assets.live.changeset.children import Children
from coccinelle_assets.live.changeset.diff import Diff
from coccinelle_assets.live.changeset.gone_customers import take_off_gone_customers
from coccinelle_assets.live.changeset.guards import (
    DELETED_ROWS_UNCHANGED,
    GUARD_TABLE,
    NOTHING_APPLIED_SINCE,
    SCHEMA_UNCHANGED,
    guard,
    guard_table,
)
from coccinelle_assets.live.changeset.literals import fits, insert_statements, text
from coccinelle_assets.live.changeset.ranges import key_ranges
from coccinelle_assets.live.changeset.row_diff import RowComparison, TableRows
from coccinelle_assets.live.changeset.schema_diff import SchemaObject
from coccinelle_assets.live.changeset.staging import Stage
from coccinelle_assets.live.sqlite.columns import primary_key, stored_columns, unique_columns
from coccinelle_assets.live.sqlite.schema import read_schema
from coccinelle_assets.live.sqlite.virtual_tables import rebuild
from coccinelle_assets.sql import load_sql, quoted, statements
from coccinelle_assets.tables import LINKED_TABLES

# The newest receipt is the one that the file began with.
THIS_FILE = "(SELECT plan FROM coccinelle_receipts ORDER BY rowid DESC LIMIT 1)"
PROMOTIONS = "customer_promotions"


@dataclass(frozen=True, slots=True)
class Stages:
    """The staging tables of one table's rows, by what becomes of them."""

    update: Stage | None
    insert: Stage | None
    delete: Stage | None

    @property
    def all(self) -> list[Stage]:
        """Those that there are."""
        return [stage for stage in (self.update, self.insert, self.delete) if stage]


class Statements:
    """The statements of one script."""

    def __init__(self, diff: Diff, comparison: RowComparison, plan: Path | None = None) -> None:
        self.diff = diff
        self.plan = plan
        self.comparison = comparison
        self.connection = comparison.connection
        self.stages = {rows.table: _stages(number, rows) for number, rows in enumerate(diff.rows)}
        self.children = Children(
            self.connection, diff.rebuilt, diff.children if diff.rebuilt else [], diff.before
        )
        written = {*self.stages, *diff.rebuilt, *diff.created}
        self.audits = (
            Audits(self.connection, [stage for each in self.stages.values() for stage in each.all])
            if written & {"customers", *LINKED_TABLES}
            else None
        )

    def statements(self, last_receipt: str | None) -> Iterator[str]:
        """Every statement after the receipt, in order."""
        yield from self._guards(last_receipt)
        yield from self._put_away()
        for table in self.diff.created:
            yield from self._create(table)
        for way in self.diff.altered.values():
            yield from way.additions
        yield from self._stage()
        yield from self._write_rows()
        yield from self.children.set_aside()
        for table in self.diff.rebuilt:
            # Nothing refers to it: rows that the new definition forbids go before, rows that the
            # old one cannot hold come after.
            stages = self.stages.get(table)
            if stages and stages.delete:
                yield from stages.delete.delete()
            yield from self._rebuild(table)
            if stages and stages.insert:
                yield from stages.insert.insert()
        yield from self.children.bring_back()
        for table, stages in reversed(self.stages.items()):
            if stages.delete and table not in self.diff.rebuilt:
                yield from stages.delete.delete()
        for way in self.diff.altered.values():
            yield from way.removals
        for table in self.diff.dropped:
            yield f"DROP TABLE {quoted(table)}"
        for item in self.diff.coming("index", also=self.diff.made_anew):
            yield item.sql
        # Predicates may ask a view.
        yield from self._come_back("view", also=lambda _: self.diff.tables_change)
        if self.audits:
            yield from self.audits.statements()
        for name in self.diff.indexes:
            yield rebuild(name)
        yield from self._report_deferred()
        yield from self._clean_up()
        yield from self._come_back("trigger", also=lambda item: self._is_silenced(item.table))

    def _come_back(self, kind: str, also: Callable[[SchemaObject], bool]) -> Iterator[str]:
        for item in self.diff.after.values():
            if item.kind == kind and (self.diff.before.get(item.name) != item or also(item)):
                yield item.sql

    def _guards(self, last_receipt: str | None) -> Iterator[str]:
        yield from statements(load_sql("live/changeset/sql/deferred.sql"))
        names = [SCHEMA_UNCHANGED, NOTHING_APPLIED_SINCE, DELETED_ROWS_UNCHANGED]
        yield guard_table(names + (self.audits.names if self.audits else []))
        newest = f"(SELECT plan FROM coccinelle_receipts WHERE plan <> {THIS_FILE}"
        expected = text(last_receipt) if last_receipt else "NULL"
        yield guard(NOTHING_APPLIED_SINCE, f"{newest} ORDER BY rowid DESC LIMIT 1) IS {expected}")
        for item in self.diff.before.values():
            if item.table in self.diff.touched or self.diff.after.get(item.name) != item:
                sql = (
                    f"(SELECT sql FROM sqlite_master WHERE name = {text(item.name)} COLLATE NOCASE)"
                )
                yield guard(SCHEMA_UNCHANGED, f"{sql} IS {text(item.sql)}")
        for table in sorted(self.diff.touched):
            known = sum(
                item.kind == "trigger" and item.table == table for item in self.diff.before.values()
            )
            yield guard(
                SCHEMA_UNCHANGED,
                "(SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
                f" AND tbl_name = {text(table)} COLLATE NOCASE) = {known}",
            )

        if self.diff.rebuilt:
            yield from self.children.guards()

    def _is_silenced(self, table: str) -> bool:
        """Whether the triggers of a table are away while rows are written."""
        counted = self.audits is not None and table == "customers"
        return self.diff.tables_change or table in self.diff.touched or counted

    def _put_away(self) -> Iterator[str]:
        for item in self.diff.before.values():
            if item.kind == "trigger" and (
                self._is_silenced(item.table) or self.diff.after.get(item.name) != item
            ):
                yield f"DROP TRIGGER {quoted(item.name)}"
        for item in self.diff.before.values():
            if item.kind == "view" and (
                self.diff.tables_change or self.diff.after.get(item.name) != item
            ):
                yield f"DROP VIEW {quoted(item.name)}"
        for item in self.diff.going("index", also=self.diff.made_anew):
            if item.table not in self.diff.dropped:
                yield f"DROP INDEX {quoted(item.name)}"

    def _create(self, table: str) -> Iterator[str]:
        yield self.diff.after[table].sql
        columns = [column.name for column in stored_columns(self.connection, table, "after")]
        key = primary_key(self.connection, table, "after")
        rows = self.comparison.whole(table, columns)
        if len(key) == 1 or all(map(fits, self.comparison.whole(table, columns))):
            yield from insert_statements(table, columns, rows, key[0] if key else "")
            return
        # A row that takes more than one statement has to be found again: staged, it has a number.
        whole = self.comparison.whole_table(table, columns)
        stage = Stage("coccinelle_stage_new", whole, whole.inserted, (), whole.columns)
        yield from stage.fill(rows)
        yield from stage.insert()
        yield f"DROP TABLE {stage.name}"

    def _stage(self) -> Iterator[str]:
        for table, stages in self.stages.items():
            rows = stages.all[0].rows
            if stages.update:
                yield from stages.update.fill(self.comparison.updated(rows))
                yield from stages.update.leave_changed()
            if stages.insert:
                key = [rows.columns.index(name) for name in rows.key]
                if not rows.key:
                    there = f"(SELECT count(*) FROM {quoted(table)}) = {rows.deleted}"
                    yield guard(DELETED_ROWS_UNCHANGED, there)
                yield from stages.insert.fill(
                    (*(row[place] for place in key), *row) for row in self.comparison.inserted(rows)
                )
            if stages.delete:
                yield from stages.delete.fill(self.comparison.deleted(rows))
                yield from stages.delete.leave_changed()
                left = f"SELECT 1 FROM {stages.delete.name} WHERE reason = 'changed'"
                yield guard(DELETED_ROWS_UNCHANGED, f"NOT EXISTS ({left})")
            yield from self._release(table, stages)

    def _release(self, table: str, stages: Stages) -> Iterator[str]:
        """Unique values change hands only after whoever had them let go."""
        unique = unique_columns(self.connection, table, "before")
        nullable = [
            column.name
            for column in stored_columns(self.connection, table, "before")
            if column.nullable and column.name in unique
        ]
        if stages.update:
            moving = [n for n in nullable if n in stages.update.new and n in stages.update.seen]
            if moving:
                yield from stages.update.release(moving)
        if stages.delete and nullable and len(stages.all) > 1:
            yield from stages.delete.release(nullable)

    def _write_rows(self) -> Iterator[str]:
        for table, stages in self.stages.items():
            if stages.insert and table not in self.diff.rebuilt:
                yield from stages.insert.insert()
        yield from self._take_off_gone_customers()
        for table, stages in self.stages.items():
            if not stages.update:
                continue
            if table in LINKED_TABLES and "customer_id" in stages.update.new:
                there = "SELECT 1 FROM customers AS c WHERE c.id = new_customer_id"
                yield from stages.update.leave_unless(
                    f"new_customer_id IS NULL OR EXISTS ({there})", "customer_unavailable"
                )
            # The old constraints may refuse the new values, or the new ones the old values. A table
            # that is rebuilt gets its new values while its rows are copied.
            if table not in self.diff.rebuilt:
                yield from stages.update.update(stages.update.new)
        customers = self.stages.get("customers")
        if customers and customers.delete and "customer_merges" in self.diff.before:
            for table in LINKED_TABLES:
                yield load_sql(
                    "live/changeset/sql/follow_merges.sql", table=table, stage=customers.delete.name
                )

    def _take_off_gone_customers(self) -> Iterator[str]:
        customers = self.stages.get("customers")
        created = customers.insert.name if customers and customers.insert else None
        if self.plan is None or not (created or "customers" in self.diff.created):
            return
        links = [stages.update for table, stages in self.stages.items() if table in LINKED_TABLES]
        linked = [stage.name for stage in links if stage and "customer_id" in stage.new]
        schema = read_schema(self.connection)
        yield from take_off_gone_customers(self.connection, self.plan, schema, created, linked)

    def _rebuild(self, table: str) -> Iterator[str]:
        old = f"coccinelle_old_{table}"
        yield f"ALTER TABLE {quoted(table)} RENAME TO {quoted(old)}"
        yield self.diff.after[table].sql
        had = {column.name for column in stored_columns(self.connection, table, "before")}
        stages = self.stages.get(table)
        staged = stages.update if stages else None
        columns, values = [], []
        for column in stored_columns(self.connection, table, "after"):
            was = f"old.{quoted(column.name)}" if column.name in had else column.default
            if staged and column.name in staged.new:
                new = f"s.{quoted('new_' + column.name)}"
                values.append(f"iif(s.n IS NULL, {was}, {new})")
            elif column.name in had:
                values.append(was)
            else:
                continue
            columns.append(quoted(column.name))
        origin = f"{quoted(old)} AS old"
        if staged:
            yield from staged.index()
            origin += f" LEFT JOIN {staged.name} AS s ON {staged.matches('old', 's')}"
        for condition in key_ranges(self.connection, "before", table, of="old"):
            where = f" WHERE {condition}" if condition else ""
            yield (
                f"INSERT INTO {quoted(table)} ({', '.join(columns)})"
                f" SELECT {', '.join(values)} FROM {origin}{where}"
            )
        yield f"DROP TABLE {quoted(old)}"

    def _report_deferred(self) -> Iterator[str]:
        for table, stages in self.stages.items():
            for stage in stages.all:
                if stage is not stages.delete and stage.rows.key:
                    yield (
                        f"INSERT INTO coccinelle_deferred SELECT {text(table)}, {stage.record_id},"
                        f" reason FROM {stage.name} WHERE reason IS NOT NULL"
                    )
        receipts = self.stages.get(PROMOTIONS)
        if PROMOTIONS in self.diff.created or (receipts and receipts.insert):
            run_id = f"(SELECT run_id FROM {PROMOTIONS} ORDER BY rowid DESC LIMIT 1)"
            yield load_sql("live/changeset/sql/count_deferred.sql", run_id=run_id)

    def _clean_up(self) -> Iterator[str]:
        for stages in self.stages.values():
            for stage in stages.all:
                yield f"DROP TABLE {stage.name}"
        yield f"DROP TABLE IF EXISTS {WAVE_TENANTS}"
        yield f"DROP TABLE {GUARD_TABLE}"


def _stages(number: int, rows: TableRows) -> Stages:
    name = f"coccinelle_stage_{number}"
    update = Stage(f"{name}_update", rows, rows.updated, rows.seen, rows.changed)
    insert = Stage(f"{name}_insert", rows, rows.inserted, (), rows.columns)
    delete = Stage(f"{name}_delete", rows, rows.deleted, rows.seen)
    return Stages(
        update if rows.updated else None,
        insert if rows.inserted or not rows.key else None,
        delete if rows.deleted and rows.key else None,
    )
