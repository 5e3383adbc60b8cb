"""Rows of customers as the face shows them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from starlette.responses import JSONResponse

from coccinelle_assets.api.contract import tags_of
from coccinelle_assets.api.problems import ProblemError
from coccinelle_assets.api.store import api_sql
from coccinelle_assets.live.arrivals.known import identifiers_of

COLUMNS = (
    "id first_name last_name email phone status source tags preferred_contact_method language"
    " timezone total_appointments total_conversations last_contact_at created_at updated_at"
).split()
COUNTED = ("total_appointments", "total_conversations", "last_contact_at")


def customer(row: tuple[Any, ...]) -> dict[str, Any]:
    """A row of sql/customer.sql as the contract has it."""
    values = dict(zip(COLUMNS, row, strict=True))
    counted = {name: values.pop(name) for name in COUNTED}
    counted |= {name: counted[name] or 0 for name in COUNTED[:2]}
    shown = {name: value if value is None else str(value) for name, value in values.items()}
    return shown | {"tags": tags_of(values["tags"]), "statistics": counted}


def read_customer(live: sqlite3.Connection, tenant: str, customer_id: str) -> dict[str, Any] | None:
    """A customer of a tenant with what it is known by, None when there is none of that id."""
    query = api_sql("customer", conditions="id = :id")
    row = live.execute(query, {"tenant": tenant, "id": customer_id}).fetchone()
    if row is None:
        return None
    known = [{"kind": k.kind, "value": k.value} for k in identifiers_of(live, customer_id)]
    return customer(row) | {"identifiers": known}


def merged_into(live: sqlite3.Connection, tenant: str, customer_id: str) -> str | None:
    """The customer that an id was merged into."""
    values = {"tenant": tenant, "id": customer_id}
    row = live.execute(api_sql("merged_into"), values).fetchone()
    return str(row[0]) if row else None


def require_customer(live: sqlite3.Connection, tenant: str, customer_id: str) -> dict[str, Any]:
    """A customer that may be written to. Raises ProblemError."""
    found = read_customer(live, tenant, customer_id)
    if found is None:
        survivor = merged_into(live, tenant, customer_id)
        if survivor is not None:
            raise ProblemError("merged", merged_into=survivor)
        raise ProblemError("not-found")
    return found


def etag(shown: Mapping[str, Any]) -> str:
    """The version of a row: of all that is shown of it."""
    text = json.dumps(shown, sort_keys=True, ensure_ascii=True)
    return f'"{sha256(text.encode()).hexdigest()[:32]}"'


def require_match(if_match: str | None, shown: Mapping[str, Any]) -> None:
    """Refuse to change a row that is not the one that was read. Raises ProblemError."""
    if if_match is None:
        raise ProblemError("precondition-required", "send the ETag of the row as If-Match")
    given = {tag.strip() for tag in if_match.split(",")}
    if "*" not in given and etag(shown) not in given:
        raise ProblemError("changed")


def answer(shown: Mapping[str, Any], status: int = 200, **headers: str) -> JSONResponse:
    """A row as an answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse(dict(shown), status, named)
