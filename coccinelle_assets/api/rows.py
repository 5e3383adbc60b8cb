"""Rows of customers as the face shows them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from starlette.responses import Response

from coccinelle_assets.api.contract import tags_of
from coccinelle_assets.api.problems import ProblemError
from coccinelle_assets.api.store import api_sql

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
    values = {"tenant": tenant, "id": customer_id}
    row = live.execute(api_sql("customer_known"), values).fetchone()
    if row is None:
        return None
    return customer(row[:-1]) | {"identifiers": json.loads(row[-1])}


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
    return _version(_written(shown))


def _written(shown: Mapping[str, Any]) -> bytes:
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


def _version(body: bytes) -> str:
    return f'"{sha256(body).hexdigest()[:32]}"'


def require_match(if_match: str | None, shown: Mapping[str, Any]) -> None:
    """Refuse to change a row that is not the one that was read. Raises ProblemError."""
    if if_match is None:
        raise ProblemError("precondition-required", "send the ETag of the row as If-Match")
    given = {tag.strip() for tag in if_match.split(",")}
    if "*" not in given and etag(shown) not in given:
        raise ProblemError("changed")


def answer(
    shown: Mapping[str, Any],
    status: int = 200,
    *,
    besides: Mapping[str, Any] | None = None,
    **headers: str,
) -> Response:
    """A row as an answer, with its ETag; `besides` comes along and is no part of the row."""
    body = _written(shown)
    named = {"ETag": _version(body), **headers}
    if besides:
        body = _written({**shown, **besides})
    return Response(body, status, named, "application/json")
