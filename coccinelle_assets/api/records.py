"""What is done with appointments and conversations: list, get, create, change."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import Request
from starlette.responses import JSONResponse, Response

from coccinelle_assets.api import contract
from coccinelle_assets.api.layout import Layout, list_records, read_record
from coccinelle_assets.api.problems import ProblemError, invalid
from coccinelle_assets.api.rows import answer, merged_into, read_customer, require_match
from coccinelle_assets.api.state import state_of
from coccinelle_assets.api.tenants import Tenant
from coccinelle_assets.live.arrivals.known import is_derived
from coccinelle_assets.live.arrivals.write import note_link, recount, write_link
from coccinelle_assets.resolution.arrivals import (
    Arrival,
    Found,
    Whose,
    find_or_create,
    link_record,
    note_derived,
)
from coccinelle_assets.resolution.one_record import Given
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import DETAILS

# What ids of new rows begin with.
IDS = {"appointments": "apt", "omni_conversations": "conv"}
OWN = ("id", "tenant_id", "customer_id")
# What a record is known by: a change of it asks anew whose it is.
KNOWN_BY = (*DETAILS, "prospect_id")


def page(
    request: Request,
    tenant: Tenant,
    table: str,
    limit: int,
    cursor: str | None,
    customer_id: str | None,
    since: str | None,
    until: str | None,
) -> Response:
    """A page of a table, in the order of its dates."""
    state = state_of(request)
    with state.store.read() as live:
        if customer_id is not None:
            customer_id = merged_into(live, tenant.id, customer_id) or customer_id
        items, following = list_records(
            live,
            state.store.schema(live),
            table,
            tenant.id,
            limit=limit,
            customer_id=customer_id,
            since=since,
            until=until,
            cursor=cursor,
        )
    return JSONResponse({"items": items, "next_cursor": following})


def get(request: Request, tenant: Tenant, table: str, record_id: str) -> Response:
    """One row of a table."""
    state = state_of(request)
    with state.store.read() as live:
        layout = Layout.of(state.store.schema(live), table)
        found = read_record(live, layout, tenant.id, record_id)
    if found is None:
        raise ProblemError("not-found")
    return answer(found)


def create(
    request: Request,
    tenant: Tenant,
    table: str,
    fields: contract.AppointmentFields | contract.ConversationFields,
    key: str | None,
    path: str,
) -> Response:
    """Write a row, linked to the customer that is given, found or made."""
    state = state_of(request)
    given = fields.model_dump(exclude_unset=True)

    def work(live: sqlite3.Connection) -> Response:
        schema = state.store.schema(live)
        layout = Layout.of(schema, table)
        customer_id = given.get("customer_id")
        if customer_id is not None:
            _require_linkable(live, tenant, customer_id)
        columns = _columns(layout, given)
        numbered = _id_type(live, table) == "INTEGER"
        record_id = f"{IDS[table]}_{uuid4().hex}"
        arrival = _arrival(table, record_id, state.whose(live, tenant), given)
        # Before the row: a contracted table takes none without its customer.
        if customer_id is not None:
            how = Found(customer_id, False, ("customer_id",), (), ())
        else:
            how = find_or_create(live, schema, state.reader, arrival)
        columns |= {"tenant_id": tenant.id, "customer_id": how.customer_id}
        written = _insert(live, table, columns if numbered else columns | {"id": record_id})
        if numbered:
            record_id = str(written)
            arrival = replace(arrival, record_id=record_id)
        if customer_id is None:
            note_derived(live, schema, arrival, how)
        recount(live, schema, (how.customer_id,))
        found = read_record(live, layout, tenant.id, record_id) or {}
        location = f"{path}/{quote(record_id, safe='')}"
        return answer(found, 201, besides={"link": _how(how)}, Location=location)

    said = f"POST {path} {fields.model_dump_json(exclude_unset=True)}"
    return state.answers.once(tenant.id, key, said, work)


def change(
    request: Request,
    tenant: Tenant,
    table: str,
    record_id: str,
    fields: contract.AppointmentFields | contract.ConversationFields,
    if_match: str | None,
) -> Response:
    """Change what is given of a row."""
    state = state_of(request)
    given = fields.model_dump(exclude_unset=True)
    with state.store.change() as live:
        schema = state.store.schema(live)
        layout = Layout.of(schema, table)
        found = read_record(live, layout, tenant.id, record_id)
        if found is None:
            raise ProblemError("not-found")
        require_match(if_match, found)
        if given.get("customer_id") is not None:
            _require_linkable(live, tenant, given["customer_id"])
        columns = _columns(layout, given)
        if columns:
            changed = ", ".join(f"{quoted(name)} = :v{n}" for n, name in enumerate(columns))
            if "updated_at" in layout.canonical:
                changed += f", {quoted(layout.canonical['updated_at'])} = CURRENT_TIMESTAMP"
            values = {f"v{n}": value for n, value in enumerate(columns.values())}
            _write(
                live,
                f"UPDATE {table} SET {changed} WHERE id = :id AND tenant_id = :tenant",
                values | {"id": record_id, "tenant": tenant.id},
            )
        now = read_record(live, layout, tenant.id, record_id) or {}
        previous = found["customer_id"]
        if "customer_id" in given:
            write_link(live, table, record_id, tenant.id, given["customer_id"])
            note_link(live, schema, table, record_id, tenant.id, None)
            recount(live, schema, (previous, given["customer_id"]))
        elif any(now[name] != found[name] for name in KNOWN_BY) and (
            previous is None or is_derived(live, schema, table, record_id, tenant.id, previous)
        ):
            # A link that somebody set, or that a run wrote, is left to the next run.
            arrival = _arrival(table, record_id, state.whose(live, tenant), now)
            link_record(live, schema, state.reader, arrival, previous)
        else:
            recount(live, schema, (previous,))
        shown = read_record(live, layout, tenant.id, record_id) or {}
    return answer(shown)


def _require_linkable(live: sqlite3.Connection, tenant: Tenant, customer_id: str) -> None:
    if read_customer(live, tenant.id, customer_id) is None:
        survivor = merged_into(live, tenant.id, customer_id)
        if survivor is not None:
            raise ProblemError("merged", merged_into=survivor)
        raise invalid("body.customer_id", "no customer of this tenant")


def _columns(layout: Layout, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given by deployed columns; details of a contracted table have none."""
    columns = {
        layout.canonical[name]: value
        for name, value in given.items()
        if name in layout.canonical and name not in OWN
    }
    for name in columns:
        if name in layout.computed:
            raise invalid(f"body.{name}", "a generated column, which nobody can write")
    for name, value in (given.get("attributes") or {}).items():
        if name not in layout.own:
            raise invalid(f"body.attributes.{name}", f"no such column of {layout.table}")
        if name in layout.computed:
            raise invalid(f"body.attributes.{name}", "a generated column, which nobody can write")
        columns[name] = value
    return columns


def _insert(live: sqlite3.Connection, table: str, columns: Mapping[str, Any]) -> int | None:
    """Insert a row; returns its rowid, which is the id of a table that numbers its rows."""
    names = ", ".join(map(quoted, columns))
    marks = ", ".join(f":v{n}" for n in range(len(columns)))
    values = {f"v{n}": value for n, value in enumerate(columns.values())}
    return _write(live, f"INSERT INTO {table} ({names}) VALUES ({marks})", values).lastrowid


def _id_type(live: sqlite3.Connection, table: str) -> str:
    rows = live.execute(f"PRAGMA table_info({table})").fetchall()
    return next((str(row[2]).upper() for row in rows if row[1].lower() == "id"), "TEXT")


def _write(live: sqlite3.Connection, query: str, values: Mapping[str, Any]) -> sqlite3.Cursor:
    """Write what the application's own rules may refuse."""
    try:
        return live.execute(query, values)
    except sqlite3.IntegrityError as error:
        # "NOT NULL constraint failed: appointments.service": the rule and the column, no value.
        raise invalid("body", f"the application's table refuses it: {error}") from None
    except OverflowError:
        raise invalid("body.attributes", "a number is too large") from None


def _arrival(table: str, record_id: str, whose: Whose, given: Mapping[str, Any]) -> Arrival:
    """What a record says of its customer."""
    return Arrival(
        table,
        record_id,
        whose,
        Given(
            given.get("customer_name"),
            given.get("customer_email"),
            given.get("customer_phone"),
            channel=given.get("current_channel"),
            prospect_id=given.get("prospect_id"),
        ),
    )


def _how(found: Found) -> dict[str, Any]:
    return {
        "customer_id": found.customer_id,
        "created": found.created,
        "matched": list(found.matched),
        "others": [other for other in found.candidates if other != found.customer_id],
        "rejected": [{"kind": item.kind, "reason": item.reason} for item in found.rejected],
    }
