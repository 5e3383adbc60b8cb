"""Waves: a promotion of some tenants only, which leaves every other tenant as it is.

The audit and the statistics read `customers`, `appointments` and `omni_conversations`. For a wave
these names lead to temporary views of its tenants' rows, so the predicates need not know of waves;
nor of records that tenant and id tell only together.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.receipts import Receipt
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.sql import load_sql, quoted
from coccinelle_assets.tables import CHANGED_TABLES

# What SQLite writes of an INTEGER.
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")


@contextmanager
def only_tenants(
    live: sqlite3.Connection, schema: Schema, tenants: Sequence[str]
) -> Iterator[None]:
    """In the block, the linked tables and customers are those of `tenants`; of all when empty.

    The id of a record is what tells it from all others.
    """
    live.execute("CREATE TEMP TABLE wave_tenants (id PRIMARY KEY)")
    forms = json.dumps(stored_forms(tenants))
    live.execute("INSERT INTO wave_tenants SELECT value FROM json_each(?)", (forms,))
    views = scoped_rows(schema, "wave_tenants" if tenants else None)
    for table, rows in views.items():
        live.execute(f"CREATE TEMP VIEW {table} AS {rows}")
    try:
        yield
    finally:
        for table in views:
            live.execute(f"DROP VIEW temp.{table}")
        live.execute("DROP TABLE temp.wave_tenants")


def stored_forms(ids: Iterable[str]) -> list[str | int]:
    """Ids as a column without a type may hold them: as texts, and whole numbers as such."""
    texts = list(ids)
    return [*texts, *(int(text) for text in texts if _WHOLE.fullmatch(text))]


def scoped_rows(schema: Schema, tenants: str | None) -> dict[str, str]:
    """Queries by table name, of the rows that belong to the tenants in the table `tenants`.

    Without, only of tables that are read in another way: where tenant and id tell a record.
    """
    scope = f" WHERE tenant_id IN (SELECT id FROM {tenants})" if tenants else ""
    return {
        table: f"SELECT {_columns(schema, table)} FROM main.{table}{scope}"
        for table in CHANGED_TABLES
        if tenants or table in schema.keyed_by_tenant
    }


def _columns(schema: Schema, table: str) -> str:
    if table not in schema.keyed_by_tenant:
        return "*"
    others = [quoted(name) for name in schema.tables[table] if name.lower() != "id"]
    # That a promotion has added since the schema was read.
    link = [] if schema.has(table, "customer_id") else ["customer_id"]
    return ", ".join([f"{schema.record_id(table)} AS id", *others, *link])


def promoted_tenants(receipts: Sequence[Receipt]) -> list[str] | None:
    """The tenants that standing promotions covered; None when one of them covered all."""
    covered: set[str] = set()
    for receipt in receipts:
        if receipt.undone_at is None:
            if receipt.tenants is None:
                return None
            covered.update(receipt.tenants)
    return sorted(covered)


def records_by_tenant(live: sqlite3.Connection, schema: Schema) -> dict[str, int]:
    """How many source records each tenant has; 0 for one that has customers only.

    In the order of their ids, which are texts whatever their column's type.
    """
    return dict(live.execute(question_of_tenants(schema)).fetchall())


def question_of_tenants(schema: Schema) -> str:
    """The same as a question."""
    has_customers = schema.has("customers", "tenant_id")
    customers = " UNION ALL SELECT tenant_id, 0 FROM customers" if has_customers else ""
    return load_sql("live/sql/records_by_tenant.sql", customers=customers)


def require_tenants(live: sqlite3.Connection, schema: Schema, tenants: Sequence[str]) -> None:
    """Refuse tenants that the database does not know.

    Raises CoccinelleError that names each of them.
    """
    if not tenants:
        return
    known = set(records_by_tenant(live, schema))
    if schema.has("tenants", "id"):
        known |= {row[0] for row in live.execute("SELECT CAST(id AS TEXT) FROM tenants")}
    if unknown := set(tenants) - known:
        raise CoccinelleError(
            f"no tenant {', '.join(sorted(unknown))} in the database: check --tenant against "
            "the tenant_id columns; nothing was written"
        )
