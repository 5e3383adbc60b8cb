"""Waves: a promotion of some tenants only, which leaves every other tenant as it is.

The audit and the statistics read `customers`, `appointments` and `omni_conversations`. For a wave
these names lead to temporary views of its tenants' rows, so the predicates need not know of waves.
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
from coccinelle_assets.live.sqlite.transaction import run
from coccinelle_assets.tables import CHANGED_TABLES

# What SQLite writes of an INTEGER.
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")


@contextmanager
def only_tenants(live: sqlite3.Connection, tenants: Sequence[str]) -> Iterator[None]:
    """In the block, the linked tables and customers are those of `tenants`; of all when empty."""
    if not tenants:
        yield
        return
    live.execute("CREATE TEMP TABLE wave_tenants (id PRIMARY KEY)")
    forms = json.dumps(stored_forms(tenants))
    live.execute("INSERT INTO wave_tenants SELECT value FROM json_each(?)", (forms,))
    for table in CHANGED_TABLES:
        live.execute(f"CREATE TEMP VIEW {table} AS {rows_of_tenants(table, 'wave_tenants')}")
    try:
        yield
    finally:
        for table in CHANGED_TABLES:
            live.execute(f"DROP VIEW temp.{table}")
        live.execute("DROP TABLE temp.wave_tenants")


def stored_forms(ids: Iterable[str]) -> list[str | int]:
    """Ids as a column without a type may hold them: as texts, and whole numbers as such."""
    texts = list(ids)
    return [*texts, *(int(text) for text in texts if _WHOLE.fullmatch(text))]


def rows_of_tenants(table: str, tenants: str) -> str:
    """A query of the rows of `table` that belong to the tenants in the table `tenants`."""
    return f"SELECT * FROM main.{table} WHERE tenant_id IN (SELECT id FROM {tenants})"


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
    has_customers = schema.has("customers", "tenant_id")
    customers = " UNION ALL SELECT tenant_id, 0 FROM customers" if has_customers else ""
    return dict(run(live, "live/sql/records_by_tenant.sql", customers=customers).fetchall())


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
