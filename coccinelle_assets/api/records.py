"""/api/v1/appointments and /api/v1/conversations: list, get, create, change."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import JSONResponse, Response

from coccinelle_assets.api import contract
from coccinelle_assets.api.cursors import behind, write_cursor
from coccinelle_assets.api.problems import ProblemError, documented, invalid
from coccinelle_assets.api.rows import answer, merged_into, read_customer, require_match
from coccinelle_assets.api.state import state_of
from coccinelle_assets.api.store import api_sql
from coccinelle_assets.api.tenants import OfTenant, Tenant
from coccinelle_assets.live.arrivals.known import is_derived
from coccinelle_assets.live.arrivals.write import note_link, recount, write_link
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.resolution.arrivals import (
    Arrival,
    Found,
    find_or_create,
    link_record,
    note_derived,
)
from coccinelle_assets.resolution.one_record import Given
from coccinelle_assets.sql import quoted
from coccinelle_assets.tables import DETAILS, SOURCE_TABLES, Column

TABLES = {"appointments": "appointments", "conversations": "omni_conversations"}
# What ids of new rows begin with.
IDS = {"appointments": "apt", "omni_conversations": "conv"}
DATES = {"appointments": "appointment_date", "omni_conversations": "last_message_at"}
SHOWN = {
    "appointments": ("id", "customer_id", "prospect_id", *DETAILS, "appointment_date"),
    "omni_conversations": (
        "id", "customer_id", "prospect_id", *DETAILS, "current_channel", "first_message_at",
        "last_message_at",
    ),
}  # fmt: skip
STAMPS = ("created_at", "updated_at")
OWN = ("id", "tenant_id", "customer_id")
# What a record is known by: a change of it asks anew whose it is.
KNOWN_BY = (*DETAILS, "prospect_id")

RecordId = Annotated[str, Path(min_length=1, max_length=200)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=1000)]
OfCustomer = Annotated[str | None, Query(min_length=1, max_length=200)]
Since = Annotated[str | None, Query(max_length=40)]
IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=255)]
IfMatch = Annotated[str | None, Header(max_length=1000)]
CREATED = ("merged", "in-flight", "unsupported-media-type", "invalid", "key-reused")
CHANGED = (
    "not-found", "merged", "changed", "unsupported-media-type", "invalid",
    "precondition-required",
)  # fmt: skip
appointments = APIRouter(prefix="/api/v1/appointments", tags=["appointments"])
conversations = APIRouter(prefix="/api/v1/conversations", tags=["conversations"])


@dataclass(frozen=True, slots=True)
class Layout:
    """The deployed columns of a table: canonical ones by name, and the application's own."""

    table: str
    canonical: dict[str, str]
    own: tuple[str, ...]

    @classmethod
    def of(cls, schema: Schema, table: str) -> Layout:
        """What a database has of a table."""
        columns = {column.name: column for column in SOURCE_TABLES[table]}
        canonical = {
            name: deployed
            for name in (*SHOWN[table], "tenant_id", *STAMPS)
            if (deployed := schema.deployed(table, columns.get(name, Column(name))))
        }
        known = set(canonical.values())
        own = tuple(name for name in schema.tables[table] if name not in known)
        return cls(table, canonical, own)

    def shown(self, row: tuple[Any, ...]) -> dict[str, Any]:
        """A row of the columns that `selected` names."""
        values = dict(zip((*self._names, *self.own), row, strict=True))
        record: dict[str, Any] = {
            name: None if values.get(name) is None else _text(values[name])
            for name in (*SHOWN[self.table], *STAMPS)
        }
        record["attributes"] = {name: _plain(values[name]) for name in self.own}
        return record

    @property
    def selected(self) -> str:
        """The columns to be read."""
        deployed = [self.canonical[name] for name in self._names]
        return ", ".join(map(quoted, (*deployed, *self.own)))

    @property
    def _names(self) -> list[str]:
        return [name for name in (*SHOWN[self.table], *STAMPS) if name in self.canonical]


def _text(value: object) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


def _plain(value: object) -> object:
    return _text(value) if isinstance(value, bytes) else value


def list_records(
    live: sqlite3.Connection,
    schema: Schema,
    table: str,
    tenant: str,
    *,
    limit: int,
    customer_id: str | None = None,
    since: str | None = None,
    until: str | None = None,
    cursor: str | None = None,
    latest_first: bool = False,
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of a table in the order of its dates, and the cursor of the next one."""
    layout = Layout.of(schema, table)
    date = quoted(layout.canonical.get(DATES[table], "id"))
    values: dict[str, object] = {"tenant": tenant, "limit": limit + 1}
    conditions = [behind(date, cursor, values)]
    if customer_id is not None:
        values["customer_id"] = customer_id
        conditions.append("customer_id = :customer_id")
    for name, sign, moment in (("since", ">=", since), ("until", "<", until)):
        if moment is not None:
            if not contract.is_moment(moment):
                raise invalid(f"query.{name}", "not a date, or a date and a time")
            values[name] = contract.moment(moment)
            conditions.append(f"datetime({date}) {sign} :{name}")
    order = "DESC" if latest_first else "ASC"
    query = api_sql(
        "record",
        table=table,
        columns=f"{date}, {layout.selected}",
        conditions=f"{' AND '.join(conditions)} ORDER BY {date} {order}, id {order} LIMIT :limit",
    )
    rows = live.execute(query, values).fetchall()
    items = [layout.shown(row[1:]) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        last = rows[limit - 1][0]
        following = write_cursor(None if last is None else str(last), items[-1]["id"])
    return items, following


def _read(
    live: sqlite3.Connection, layout: Layout, tenant: str, record_id: str
) -> dict[str, Any] | None:
    query = api_sql("record", table=layout.table, columns=layout.selected, conditions="id = :id")
    row = live.execute(query, {"tenant": tenant, "id": record_id}).fetchone()
    return layout.shown(row) if row else None


def _page(
    request: Request,
    tenant: Tenant,
    table: str,
    limit: int,
    cursor: str | None,
    customer_id: str | None,
    since: str | None,
    until: str | None,
) -> Response:
    state = state_of(request)
    with state.store.read() as live:
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


def _get(request: Request, tenant: Tenant, table: str, record_id: str) -> Response:
    state = state_of(request)
    with state.store.read() as live:
        layout = Layout.of(state.store.schema(live), table)
        found = _read(live, layout, tenant.id, record_id)
    if found is None:
        raise ProblemError("not-found")
    return answer(found)


def _create(
    request: Request,
    tenant: Tenant,
    table: str,
    fields: contract.AppointmentFields | contract.ConversationFields,
    key: str | None,
    path: str,
) -> Response:
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
        arrival = _arrival(table, record_id, tenant, given)
        # Before the row: a contracted table takes none without its customer.
        if customer_id is not None:
            how = Found(customer_id, False, ("customer_id",), (), ())
        else:
            how = find_or_create(live, schema, state.reader, arrival, tenant.region)
        columns |= {"tenant_id": tenant.id, "customer_id": how.customer_id}
        written = _insert(live, table, columns if numbered else columns | {"id": record_id})
        if numbered:
            record_id = str(written)
            arrival = replace(arrival, record_id=record_id)
        if customer_id is None:
            note_derived(live, schema, arrival, how)
        recount(live, schema, (how.customer_id,))
        found = _read(live, layout, tenant.id, record_id) or {}
        location = f"{path}/{quote(record_id, safe='')}"
        return answer(found, 201, besides={"link": _how(how)}, Location=location)

    said = f"POST {path} {fields.model_dump_json(exclude_unset=True)}"
    return state.answers.once(tenant.id, key, said, work)


def _change(
    request: Request,
    tenant: Tenant,
    table: str,
    record_id: str,
    fields: contract.AppointmentFields | contract.ConversationFields,
    if_match: str | None,
) -> Response:
    state = state_of(request)
    given = fields.model_dump(exclude_unset=True)
    with state.store.change() as live:
        schema = state.store.schema(live)
        layout = Layout.of(schema, table)
        found = _read(live, layout, tenant.id, record_id)
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
        now = _read(live, layout, tenant.id, record_id) or {}
        previous = found["customer_id"]
        if "customer_id" in given:
            write_link(live, table, record_id, tenant.id, given["customer_id"])
            note_link(live, table, record_id, tenant.id, None)
            recount(live, schema, (previous, given["customer_id"]))
        elif any(now[name] != found[name] for name in KNOWN_BY) and (
            previous is None or is_derived(live, table, record_id, previous)
        ):
            # A link that somebody set, or that a run wrote, is left to the next run.
            arrival = _arrival(table, record_id, tenant, now)
            link_record(live, schema, state.reader, arrival, tenant.region, previous)
        else:
            recount(live, schema, (previous,))
        shown = _read(live, layout, tenant.id, record_id) or {}
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
    for name, value in (given.get("attributes") or {}).items():
        if name not in layout.own:
            raise invalid(f"body.attributes.{name}", f"no such column of {layout.table}")
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


def _arrival(table: str, record_id: str, tenant: Tenant, given: Mapping[str, Any]) -> Arrival:
    """What a record says of its customer."""
    return Arrival(
        table,
        record_id,
        tenant.id,
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


@appointments.get("", response_model=contract.Appointments, responses=documented("invalid"))
def list_appointments(
    request: Request,
    tenant: OfTenant,
    limit: Limit = 50,
    cursor: Cursor = None,
    customer_id: OfCustomer = None,
    since: Since = None,
    until: Since = None,
) -> Response:
    """Appointments in the order of their dates."""
    return _page(request, tenant, "appointments", limit, cursor, customer_id, since, until)


@appointments.get(
    "/{appointment_id}",
    response_model=contract.Appointment,
    responses=documented("not-found", "invalid"),
)
def get_appointment(request: Request, tenant: OfTenant, appointment_id: RecordId) -> Response:
    """One appointment."""
    return _get(request, tenant, "appointments", appointment_id)


@appointments.post(
    "",
    status_code=201,
    response_model=contract.WrittenAppointment,
    responses=documented(*CREATED),
)
def create_appointment(
    request: Request,
    tenant: OfTenant,
    fields: contract.AppointmentFields,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """An appointment, linked to the customer that is given, found or made."""
    return _create(request, tenant, "appointments", fields, idempotency_key, appointments.prefix)


@appointments.patch(
    "/{appointment_id}", response_model=contract.Appointment, responses=documented(*CHANGED)
)
def change_appointment(
    request: Request,
    tenant: OfTenant,
    appointment_id: RecordId,
    fields: contract.AppointmentFields,
    if_match: IfMatch = None,
) -> Response:
    """Change what is given, null takes off (RFC 7396)."""
    return _change(request, tenant, "appointments", appointment_id, fields, if_match)


@conversations.get("", response_model=contract.Conversations, responses=documented("invalid"))
def list_conversations(
    request: Request,
    tenant: OfTenant,
    limit: Limit = 50,
    cursor: Cursor = None,
    customer_id: OfCustomer = None,
    since: Since = None,
    until: Since = None,
) -> Response:
    """Conversations in the order of their last message."""
    return _page(request, tenant, "omni_conversations", limit, cursor, customer_id, since, until)


@conversations.get(
    "/{conversation_id}",
    response_model=contract.Conversation,
    responses=documented("not-found", "invalid"),
)
def get_conversation(request: Request, tenant: OfTenant, conversation_id: RecordId) -> Response:
    """One conversation."""
    return _get(request, tenant, "omni_conversations", conversation_id)


@conversations.post(
    "",
    status_code=201,
    response_model=contract.WrittenConversation,
    responses=documented(*CREATED),
)
def create_conversation(
    request: Request,
    tenant: OfTenant,
    fields: contract.ConversationFields,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """A conversation, linked to the customer that is given, found or made."""
    return _create(
        request, tenant, "omni_conversations", fields, idempotency_key, conversations.prefix
    )


@conversations.patch(
    "/{conversation_id}", response_model=contract.Conversation, responses=documented(*CHANGED)
)
def change_conversation(
    request: Request,
    tenant: OfTenant,
    conversation_id: RecordId,
    fields: contract.ConversationFields,
    if_match: IfMatch = None,
) -> Response:
    """Change what is given, null takes off (RFC 7396)."""
    return _change(request, tenant, "omni_conversations", conversation_id, fields, if_match)
