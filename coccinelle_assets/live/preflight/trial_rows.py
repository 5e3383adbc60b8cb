"""Rows as a promotion writes them, tried on an empty copy: a rule of the application's own tables
that forbids one is named before anything is resolved.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.sqlite.schema import read_schema
from coccinelle_assets.live.sqlite.watchers import triggers_away
from coccinelle_assets.sql import load_sql, quoted
from coccinelle_assets.tables import CHANGED_TABLES, LINKED_TABLES, Column

# Every status that resolution gives (resolution/models/golden_records.sql).
STATUSES = ("customer", "lead", "prospect", "active")
WHOLE = {
    "tenant_id": "one",
    "first_name": "Jean",
    "last_name": "Dupont",
    "email": "jean@ex.fr",
    "phone": "+33611478293",
    "status": "customer",
}
# Each with what it shows that a table has to take.
CUSTOMERS: tuple[tuple[str, dict[str, str | None]], ...] = (
    ("a customer", {}),
    ("a customer of another tenant with the same e-mail and phone", {"tenant_id": "two"}),
    ("a second customer of one name", {"email": "j.dupont@ex.fr", "phone": "+33611478294"}),
    ("a customer without a phone", {"email": "anne@ex.fr", "phone": None}),
    ("a second customer without a phone", {"email": "luc@ex.fr", "phone": None}),
    ("a customer without an e-mail", {"email": None, "phone": "+33611478295"}),
    ("a second customer without an e-mail", {"email": None, "phone": "+33611478296"}),
    (
        "a customer without a name",
        {"first_name": None, "last_name": None, "email": "x@ex.fr", "phone": None},
    ),
    ("a prospect without e-mail and phone", {"email": None, "phone": None, "status": "lead"}),
    *(
        (
            f"a customer whose status is {status!r}",
            {"email": f"{status}@ex.fr", "phone": None, "status": status},
        )
        for status in STATUSES
    ),
)


def require_rows_taken(copy: sqlite3.Connection) -> None:
    """Try customers and links on an empty copy of a promoted database; it is empty again after.

    Raises CoccinelleError that names the table and the rule that forbids one.
    """
    copy.execute("BEGIN")
    try:
        with triggers_away(copy, CHANGED_TABLES):
            ids = list(_try_customers(copy))
            for table in LINKED_TABLES:
                _try_links(copy, table, ids[0])
    finally:
        copy.execute("ROLLBACK")


def _try_customers(copy: sqlite3.Connection) -> Iterator[str]:
    query = load_sql("live/preflight/sql/trial_customer.sql")
    for number, (what, values) in enumerate(CUSTOMERS):
        customer = {"id": f"cust_{number:020x}", **WHOLE, **values}
        try:
            copy.execute(query, customer)
        except sqlite3.Error as error:
            raise CoccinelleError(
                f"table customers does not take {what}: {_rule(copy, error)}. Change that rule, or "
                "the name of this table if its rows are others; nothing was written"
            ) from error
        yield str(customer["id"])


def _rule(copy: sqlite3.Connection, error: sqlite3.Error) -> str:
    """What SQLite says, which is no rule where a text is to be an INTEGER PRIMARY KEY."""
    if "datatype mismatch" in str(error):
        rows = copy.execute("SELECT name, type FROM pragma_table_xinfo('customers') WHERE pk > 0")
        keys = ", ".join(f"customers.{name} {kind} PRIMARY KEY" for name, kind in rows)
        return f"{keys}, and ids of customers are text ({error})"
    return str(error)


def _try_links(copy: sqlite3.Connection, table: str, customer_id: str) -> None:
    """Two rows of one customer; where no row can be made up, there is nothing to be tried."""
    schema = read_schema(copy)
    link = schema.deployed(table, Column("customer_id"))
    if link is None:
        return
    copy.execute("PRAGMA ignore_check_constraints = ON")
    try:
        for number in (1, 2):
            _make_up_row(copy, table, link, number)
    except sqlite3.Error:
        return
    finally:
        copy.execute("PRAGMA ignore_check_constraints = OFF")
    try:
        copy.execute(f"UPDATE {quoted(table)} SET {quoted(link)} = ?", (customer_id,))
    except sqlite3.Error as error:
        raise CoccinelleError(
            f"{table}.{link} does not take the id of a customer, or not twice ({error}): it means "
            "something else, or change that rule; nothing was written"
        ) from error


def _make_up_row(copy: sqlite3.Connection, table: str, link: str, number: int) -> None:
    """A row with a value wherever one must be, of the column's type."""
    values: dict[str, object] = {}
    columns = copy.execute(
        'SELECT name, upper(type), "notnull" OR pk > 0, hidden FROM pragma_table_xinfo(?)', (table,)
    )
    for name, kind, needed, hidden in columns:
        if needed and not hidden:
            is_number = any(part in kind for part in ("INT", "REAL", "NUM", "FLOA", "DOUB", "DEC"))
            is_bytes = kind == "BLOB"
            values[name] = number if is_number else bytes([number]) if is_bytes else str(number)
    names = ", ".join(map(quoted, values)) or quoted(link)
    marks = ", ".join("?" * len(values)) or "NULL"
    copy.execute(f"INSERT INTO {quoted(table)} ({names}) VALUES ({marks})", tuple(values.values()))
