"""Customers that can only get an e-mail or phone once another one has made room."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from coccinelle_assets.live.sqlite.transaction import run


def write_waiting_customers(live: sqlite3.Connection, claims: Mapping[str, str]) -> None:
    """Write temp.waiting_customers(id, holder_id): each claim of an identifier that is held.

    `claims` has, for each column that must be unique in a tenant, a query of id, tenant_id and that
    column: what each customer is to get.
    """
    live.execute("CREATE TEMP TABLE waiting_customers (id TEXT, holder_id TEXT)")
    for identifier, query in claims.items():
        run(live, "live/sql/identifier_holders.sql", identifier=identifier, claims=query)
