"""What tells a record from the others of its table: its id or, where two tenants may use one, both.

Such an id is written `tenant/id`, in the warehouse, in the plan, in the undo log and in every list.
"""

from __future__ import annotations

import sqlite3

from coccinelle_assets.live.sqlite.columns import is_untyped
from coccinelle_assets.live.sqlite.schema import BETWEEN_IDS, ESCAPED, Schema


def id_of_record(schema: Schema, table: str, tenant: str, own_id: str) -> str:
    """The id under which a record of a tenant is known, of its own id."""
    if table not in schema.keyed_by_tenant:
        return own_id
    return f"{tenant.replace(BETWEEN_IDS, ESCAPED)}{BETWEEN_IDS}{own_id}"


def is_record(
    live: sqlite3.Connection, schema: Schema, table: str, wanted: str, *, typed: bool = False
) -> str:
    """SQL: whether a row `t` of a table is the record that `wanted` names.

    SQLite takes a number for its text wherever a column has a type; in one without, only an id that
    is `typed`, as the table itself holds it, is found by itself.
    """
    if table in schema.keyed_by_tenant:
        # Each part by itself, so that the table's own index finds the row.
        place = f"instr({wanted}, '{BETWEEN_IDS}')"
        escaped = f"substr({wanted}, 1, {place} - 1)"
        tenant = f"replace({escaped}, '{ESCAPED}', '{BETWEEN_IDS}')"
        own = f"substr({wanted}, {place} + 1)"
        return (
            f"t.tenant_id IN ({tenant}, CAST({tenant} AS INTEGER))"
            f" AND t.id IN ({own}, CAST({own} AS INTEGER))"
            f" AND {schema.record_id(table, 't.')} = {wanted}"
        )
    if typed or not is_untyped(live, table, "id"):
        return f"t.id = {wanted}"
    return f"t.id IN ({wanted}, CAST({wanted} AS INTEGER)) AND CAST(t.id AS TEXT) = {wanted}"
