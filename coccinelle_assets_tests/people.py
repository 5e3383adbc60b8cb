"""The people that tests are about, and questions asked of what became of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coccinelle_assets.live.database import SqliteDatabase
from coccinelle_assets.live.verify import verify
from coccinelle_assets_tests.databases import AppDatabase

JEAN, ANNE, LUC = "+33611478293", "+33655443210", "+33677889012"
# A name that is hard to write down, in SQL, in a shell and in a script of wrangler's.
HOSTILE = 'O\'Brien;\n-- BEGIN TRANSACTION; COMMIT;\r\n\\n "x" \u00e9\U0001f600 \t%s'


def customer(app: AppDatabase, email: str) -> dict[str, Any]:
    return next(row for row in app.customers() if row["email"] == email)


def deferred(publication: Any) -> set[tuple[str, str, str]]:
    return {(d.source_table, d.record_id, d.reason) for d in publication.deferred}


def holds(path: Path) -> bool:
    """Whether the plan's verification holds of a database."""
    return verify(SqliteDatabase(path, 1)).holds


def live_customer(app: AppDatabase, customer_id: str, tenant: str = "t1", **values: Any) -> None:
    app.insert("customers", {"id": customer_id, "tenant_id": tenant} | values)
