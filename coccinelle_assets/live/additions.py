"""What the project adds to a live database, and what was there before: expand, never break."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.receipts import add_missing_columns
from coccinelle_assets.live.schema import CUSTOMER_COLUMNS, Column, Schema
from coccinelle_assets.live.transaction import run, run_script
from coccinelle_assets.resolution.linkage import LINKED_TABLES
from coccinelle_assets.sql import quoted

INDEXES = (
    "idx_customers_tenant",
    "idx_customers_email",
    "idx_customers_phone",
    "idx_customers_status",
    "idx_customers_last_contact",
    "idx_appointments_customer",
    "idx_omni_conversations_customer",
    # Of a customers table that was there before without the plan's keys.
    "idx_customers_id",
    "idx_customers_tenant_email",
    "idx_customers_tenant_phone",
)
COMPANION_TABLES = (
    "customer_merges",
    "customer_promotions",
    "customer_contracts",
    "customer_link_journal",
    "customer_row_journal",
)
IDENTIFIERS = ("email", "phone")
# Tables that promotions change rows of: their triggers rest meanwhile, their schema is recorded.
CHANGED_TABLES = ("customers", *LINKED_TABLES)


@dataclass(frozen=True, slots=True)
class OriginalSchema:
    """The schema before a first promotion, as far as the project touches it.

    `columns` of the tables that were there; `objects`: (type, table, SQL text) by name.
    """

    columns: dict[str, list[str]]
    objects: dict[str, tuple[str, str, str]]

    def had(self, table: str, column: str | None = None) -> bool:
        """Whether the table, or that column of it, was there."""
        present = self.columns.get(table)
        if present is None or column is None:
            return present is not None
        return column.lower() in {name.lower() for name in present}

    def definition(self, table: str) -> str:
        """The CREATE TABLE statement of a table that was there."""
        return next(
            text
            for kind, owner, text in self.objects.values()
            if kind == "table" and owner.lower() == table
        )

    def indexes(self, table: str) -> dict[str, str]:
        """The CREATE INDEX statements of a table, by name."""
        return {
            name: text
            for name, (kind, owner, text) in self.objects.items()
            if kind == "index" and owner.lower() == table
        }

    def as_json(self) -> str:
        """As a receipt keeps it."""
        return json.dumps({"columns": self.columns, "objects": self.objects})

    @classmethod
    def from_json(cls, text: str) -> OriginalSchema:
        """What `as_json` wrote."""
        value = json.loads(text)
        objects = {name: tuple(entry) for name, entry in value["objects"].items()}
        return cls(value["columns"], objects)


def describe_schema(live: sqlite3.Connection, schema: Schema) -> OriginalSchema:
    """The tables that the project changes, with their indexes and triggers, as they are now."""
    tables = [*CHANGED_TABLES, *COMPANION_TABLES]
    marks = ", ".join("?" * len(tables))
    objects = live.execute(
        "SELECT name, type, tbl_name, sql FROM sqlite_master"
        f" WHERE sql IS NOT NULL AND lower(tbl_name) IN ({marks})",
        tables,
    )
    return OriginalSchema(
        {table: list(schema.tables[table]) for table in tables if schema.has(table)},
        {name: (kind, table, sql) for name, kind, table, sql in objects},
    )


def create_tables(live: sqlite3.Connection, schema: Schema) -> None:
    """Additive DDL: what is there stays, what is missing is added."""
    create_customers_table(live, has_tenants=schema.has("tenants", "id"))
    run_script(live, "sql/publish/companion_tables.sql")
    add_missing_columns(live, schema)
    for column in CUSTOMER_COLUMNS:
        if schema.has("customers") and schema.deployed("customers", Column(column)) is None:
            kind = "INTEGER DEFAULT 0" if column.startswith("total_") else "TEXT"
            live.execute(f"ALTER TABLE customers ADD COLUMN {quoted(column)} {kind}")
    run(live, "sql/publish/row_journal.sql")
    for table in LINKED_TABLES:
        if schema.deployed(table, Column("customer_id")) is None:
            live.execute(f"ALTER TABLE {table} ADD COLUMN customer_id TEXT")


def create_customers_table(connection: sqlite3.Connection, *, has_tenants: bool = False) -> None:
    """The migration plan's customers table, where it is missing."""
    tenant_key = ",\n    FOREIGN KEY (tenant_id) REFERENCES tenants (id)" if has_tenants else ""
    run(connection, "sql/publish/customers_table.sql", tenant_key=tenant_key)


def create_customer_indexes(connection: sqlite3.Connection) -> None:
    """The migration plan's indexes of customers, where they are missing."""
    run_script(connection, "sql/publish/customers_indexes.sql")


def create_link_indexes(live: sqlite3.Connection) -> None:
    """The migration plan's indexes of the links, where they are missing."""
    run_script(live, "sql/publish/link_indexes.sql")


def require_unique_indexes(live: sqlite3.Connection) -> None:
    """A customers table that was there before may lack the plan's UNIQUE constraints and its key.

    Without a key no foreign key can lead to it, as those of contracted tables do.
    """
    missing = {
        column: (f"idx_customers_tenant_{column}", f"tenant_id, {column}")
        for column in set(IDENTIFIERS).difference(unique_identifiers(live))
    }
    if not _is_keyed_by_id(live):
        missing["id"] = ("idx_customers_id", "id")
    for column, (index, columns) in missing.items():
        try:
            live.execute(f"CREATE UNIQUE INDEX {index} ON customers ({columns})")
        except sqlite3.IntegrityError as error:
            # Those of this run passed the audit: these are customers of tenants outside its wave.
            raise CoccinelleError(
                f"customers of a tenant outside this wave share one {column}: mend them, or run "
                "that tenant's wave first; nothing was written"
            ) from error


def unique_identifiers(live: sqlite3.Connection) -> list[str]:
    """Which of e-mail and phone no two customers of a tenant may share."""
    covered = _unique_columns(live)
    return [column for column in IDENTIFIERS if frozenset(("tenant_id", column)) in covered]


def _is_keyed_by_id(live: sqlite3.Connection) -> bool:
    """Whether the id is the customers' primary key (one of integers has no index), or unique."""
    keys = [row[1].lower() for row in live.execute("PRAGMA table_info(customers)") if row[5]]
    return keys == ["id"] or frozenset(("id",)) in _unique_columns(live)


def _unique_columns(live: sqlite3.Connection) -> set[frozenset[str]]:
    """The columns of each index that keeps all rows of the customers apart."""
    covered = set()
    for _, name, unique, _origin, partial in live.execute("PRAGMA index_list(customers)"):
        if unique and not partial:
            columns = live.execute(f"PRAGMA index_info({quoted(name)})")
            covered.add(frozenset(column for _, _, column in columns))
    return covered
