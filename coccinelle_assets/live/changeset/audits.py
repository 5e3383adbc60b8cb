"""The audits of a script: the predicates of the checks, asked of the database it changes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from coccinelle_assets.live.changeset.guards import guard
from coccinelle_assets.live.changeset.literals import Text, insert_statements
from coccinelle_assets.live.changeset.ranges import key_ranges
from coccinelle_assets.live.changeset.staging import Stage
from coccinelle_assets.live.sqlite.schema import read_schema
from coccinelle_assets.live.statistics.count import link_statistics_query, write_link_statistics
from coccinelle_assets.live.tenant_scope import only_tenants, scoped_rows, stored_forms
from coccinelle_assets.predicates.predicate import (
    LINKED_PREDICATES,
    PREDICATES,
    Predicate,
    evaluate,
)
from coccinelle_assets.settings import GateThresholds
from coccinelle_assets.sql import load_sql
from coccinelle_assets.tables import LINKED_TABLES, Column

NO_ROW = "SELECT NULL AS id WHERE FALSE"
# A script adds and deletes just the customers that the change on the copy did: the copy is asked.
ASKED_OF_THE_COPY = ("customer_drift",)
STATISTICS = "statistics_match_links"
WAVE_TENANTS = "coccinelle_wave_tenants"
LINKED = dict(zip(LINKED_TABLES, LINKED_PREDICATES, strict=True))


class Audits:
    """Every predicate that holds on the changed copy must hold on the database after the script.

    A wave is asked about its own tenants, and counts theirs alone. `after` is a connection to the
    copy, with the one before the change attached as `before`.
    """

    def __init__(self, after: sqlite3.Connection, stages: Sequence[Stage]) -> None:
        self.stages = [stage for stage in stages if stage.rows.table in {"customers", *LINKED}]
        self.schema = read_schema(after)
        self.predicates: list[Predicate] = []
        self.ranges: list[dict[str, str]] = []
        self.tenants: list[str] = []
        before = {row[0] for row in after.execute("SELECT name FROM before.sqlite_master")}
        self.customers_created = "customers" not in before
        linked = all(
            self.schema.deployed(table, Column("customer_id")) is not None for table in LINKED
        )
        if not (linked and self.schema.has("customers", "total_appointments")):
            return
        self.ranges = [
            {"customers": of_customers, **dict.fromkeys(LINKED, of_links)}
            for of_customers, of_links in zip(
                key_ranges(after, "main", "customers"),
                key_ranges(after, "main", "customers", "customer_id"),
                strict=True,
            )
        ]
        self.tenants = self._promoted_tenants(after, before)
        with only_tenants(after, self.schema, self.tenants):
            self.predicates = self._holding(after)

    def _promoted_tenants(self, after: sqlite3.Connection, tables_before: set[str]) -> list[str]:
        """Those of the wave whose receipt is new; none where every tenant is meant."""
        if not self.schema.has("customer_promotions", "tenants"):
            return []
        receipt = "run_id, promoted_at, counts"
        query = "SELECT tenants FROM main.customer_promotions"
        if "customer_promotions" in tables_before:
            known = f"SELECT {receipt} FROM before.customer_promotions"
            query += f" WHERE ({receipt}) NOT IN ({known})"
        new = after.execute(f"{query} ORDER BY rowid DESC LIMIT 1").fetchone()
        return json.loads(new[0]) if new and new[0] else []

    def _holding(self, after: sqlite3.Connection) -> list[Predicate]:
        write_link_statistics(after, self.schema)
        kept = NO_ROW
        if not self.customers_created:
            kept = (
                "SELECT b.id FROM before.customers AS b JOIN main.customers AS a ON a.id = b.id"
                " WHERE a.email IS b.email AND a.phone IS b.phone"
            )
        after.execute(f"CREATE TEMP TABLE application_identifiers AS {kept}")
        staged = {stage.rows.table for stage in self.stages}
        asked = [
            predicate
            for predicate in PREDICATES
            if predicate.name not in ASKED_OF_THE_COPY and predicate not in LINKED.values()
        ]
        findings = evaluate(after.execute, asked, GateThresholds(), self.schema.tables)
        holding = [
            finding.predicate for finding in findings if finding.applicable and finding.holds
        ]
        return holding + [predicate for table, predicate in LINKED.items() if table in staged]

    @property
    def names(self) -> list[str]:
        """The predicates' names, which their guards carry."""
        return [predicate.name for predicate in self.predicates]

    def statements(self) -> Iterator[str]:
        """Recount the statistics from the links as they are now, then ask every predicate."""
        if not self.predicates:
            return
        if self.tenants:
            yield f"CREATE TABLE {WAVE_TENANTS} (id PRIMARY KEY)"
            rows = (
                (Text(form.encode()) if isinstance(form, str) else form,)
                for form in stored_forms(self.tenants)
            )
            yield from insert_statements(WAVE_TENANTS, ["id"], rows, "id")
        # Links are counted in the questions themselves: a table of them would be written anew, for
        # every customer, in every run.
        if STATISTICS in self.names:
            recount = load_sql("live/statistics/sql/correct_statistics.sql")
            for span in self.ranges:
                yield f"{self._names_for('customers', 'link_statistics', span=span)}\n{recount}"
        for predicate in self.predicates:
            question = guard(predicate.name, f"NOT EXISTS (\n{predicate.sql})")
            for span in self.ranges if "link_statistics" in predicate.reads else ({},):
                yield f"{self._names_for(*predicate.reads, span=span)}\n{question}"

    def _names_for(self, *names: str, span: Mapping[str, str]) -> str:
        """A WITH clause: staged rows by the names that the predicates know, a wave's rows alone.

        Of `names` those that are the database's own tables are read as they are, or in the range
        that `span` has for them.
        """
        if "link_statistics" in names:
            names = (*LINKED, *names)
        queries = {
            **self._rows(span),
            "link_statistics": link_statistics_query(self.schema, *LINKED),
            "deferred_records": self._deferred_records(),
            "application_identifiers": self._application_identifiers(),
            **{links: self._linked(table) for table, links in LINKED_TABLES.items()},
        }
        wanted = [name for name in queries if name in names]
        if not wanted:
            return ""
        return "WITH " + ",\n".join(f"{name} AS ({queries[name]})" for name in wanted)

    def _rows(self, span: Mapping[str, str]) -> dict[str, str]:
        rows = scoped_rows(self.schema, WAVE_TENANTS if self.tenants else None)
        for table, condition in span.items():
            if condition:
                scope = f"({rows[table]})" if table in rows else f"main.{table}"
                rows[table] = f"SELECT * FROM {scope} WHERE {condition}"
        return rows

    def _deferred_records(self) -> str:
        left = [
            f"SELECT '{stage.rows.table}' AS source_table, {self._id(stage)} AS id"
            f" FROM {stage.name} WHERE reason IS NOT NULL"
            for stage in self.stages
            if stage.rows.table in LINKED
        ]
        return " UNION ALL ".join(left) or "SELECT '' AS source_table, '' AS id WHERE FALSE"

    def _linked(self, table: str) -> str:
        staged = [
            f"SELECT {self._id(stage)} AS id FROM {stage.name} WHERE new_customer_id IS NOT NULL"
            for stage in self.stages
            if stage.rows.table == table and "customer_id" in stage.new
        ]
        return " UNION ALL ".join(staged) or NO_ROW

    def _id(self, stage: Stage) -> str:
        return stage.record_id if stage.rows.table in self.schema.keyed_by_tenant else "key_id"

    def _application_identifiers(self) -> str:
        """Customers whose e-mail and phone the file leaves as they are."""
        if self.customers_created:
            return NO_ROW
        parts = []
        for stage in self.stages:
            if stage.rows.table == "customers" and stage.new:
                both = [
                    f"seen_{name} IS NOT new_{name}"
                    for name in ("email", "phone")
                    if name in stage.new and name in stage.seen
                ]
                condition = f" WHERE {' OR '.join(both) or 'FALSE'}" if stage.seen else ""
                parts.append(f"SELECT key_id FROM {stage.name}{condition}")
        staged = " UNION ALL ".join(parts) or NO_ROW
        return f"SELECT id FROM customers WHERE id NOT IN ({staged})"
