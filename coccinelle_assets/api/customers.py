"""/api/v1/customers: list, get, create, change, remove, explain."""

from __future__ import annotations

import json
import sqlite3
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from coccinelle_assets.api import contract
from coccinelle_assets.api.cursors import behind, write_cursor
from coccinelle_assets.api.details import moment, one_detail
from coccinelle_assets.api.layout import TABLES, list_records
from coccinelle_assets.api.parameters import Cursor, IdempotencyKey, IfMatch, Limit, RowId
from coccinelle_assets.api.problems import ProblemError, documented, invalid
from coccinelle_assets.api.rows import (
    answer,
    customer,
    merged_into,
    read_customer,
    require_customer,
    require_match,
)
from coccinelle_assets.api.state import State, state_of
from coccinelle_assets.api.store import api_sql
from coccinelle_assets.api.tenants import OfTenant, Tenant
from coccinelle_assets.live.arrivals.known import by_age, holders
from coccinelle_assets.live.arrivals.write import (
    add_identifiers,
    create_customer,
    remove_identifiers,
)
from coccinelle_assets.live.statistics.count import utc
from coccinelle_assets.resolution.arrivals import resolve
from coccinelle_assets.resolution.normalize.details import Detail
from coccinelle_assets.resolution.one_record import Given
from coccinelle_assets.sql import quoted

PREFIX = "/api/v1/customers"
LATEST = 20
MOST_WORDS = 4
router = APIRouter(prefix=PREFIX, tags=["customers"])

Searched = Annotated[str | None, Query(min_length=1, max_length=contract.LONGEST_TEXT)]


@router.get("", response_model=contract.Customers, responses=documented("invalid"))
def list_customers(
    request: Request,
    tenant: OfTenant,
    limit: Limit = 50,
    cursor: Cursor = None,
    email: Searched = None,
    phone: Searched = None,
    status: Searched = None,
    source: Searched = None,
    updated_since: Searched = None,
    q: Annotated[Searched, Query(description="The beginnings of names.")] = None,
) -> Response:
    """Customers, the oldest first; `email` and `phone` find one by any it is known by."""
    state = state_of(request)
    values: dict[str, object] = {"tenant": tenant.id, "limit": limit + 1}
    conditions = [behind("created_at", cursor, values)]
    for kind, spelling in (("email", email), ("phone", phone)):
        if spelling is not None:
            detail = one_detail(state.reader, kind, spelling, tenant, f"query.{kind}")
            values |= {kind: detail.tie, f"{kind}_shown": detail.shown}
            known = api_sql("known_by", kind=kind, value=kind, shown=f"{kind}_shown")
            conditions.append(f"id IN (\n{known})")
    for column, value in (("status", status), ("source", source)):
        if value is not None:
            values[column] = value
            conditions.append(f"{column} = :{column}")
    if updated_since is not None:
        values["since"] = moment(updated_since, "query.updated_since")
        conditions.append(f"{utc('updated_at')} >= :since")
    if q is not None:
        conditions += _named(q, values)
    query = api_sql(
        "customer", conditions=f"{' AND '.join(conditions)} ORDER BY created_at, id LIMIT :limit"
    )
    with state.store.read() as live:
        rows = live.execute(query, values).fetchall()
    items = [customer(row) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        following = write_cursor(items[-1]["created_at"], items[-1]["id"])
    return JSONResponse({"items": items, "next_cursor": following})


def _named(q: str, values: dict[str, object]) -> list[str]:
    """Each word begins a name, whatever its case; the index folds the case of ASCII alone."""
    words = q.split()
    if len(words) > MOST_WORDS:
        raise invalid("query.q", f"at most {MOST_WORDS} words")
    conditions = []
    for number, word in enumerate(words):
        spelled = sorted({word, word.lower(), word.upper(), word.capitalize()})
        found = []
        for form, text in enumerate(spelled):
            start, end = f"q{number}_{form}", f"q{number}_{form}_end"
            values |= {start: text, end: text + "\U0010ffff"}
            found.append(api_sql("named", **{"from": start, "to": end}))
        conditions.append(f"id IN (\n{' UNION ALL '.join(found)})")
    return conditions or ["FALSE"]


@router.get(
    "/{customer_id}",
    response_model=contract.Customer,
    responses=documented("not-found", "invalid"),
)
def get_customer(
    request: Request,
    tenant: OfTenant,
    customer_id: RowId,
    include: Annotated[list[Literal["appointments", "conversations"]] | None, Query()] = None,
) -> Response:
    """A customer with what it is known by; of a merged id the survivor, and `merged_from`."""
    state = state_of(request)
    if not include:
        with state.store.ask() as live:
            found = read_customer(live, tenant.id, customer_id)
        if found is not None:
            return answer(found)
    with state.store.read() as live:
        found = read_customer(live, tenant.id, customer_id)
        survivor = None
        if found is None:
            survivor = merged_into(live, tenant.id, customer_id)
            found = read_customer(live, tenant.id, survivor) if survivor else None
        if found is None:
            raise ProblemError("not-found")
        besides: dict[str, Any] = {"merged_from": customer_id} if survivor else {}
        for name in dict.fromkeys(include or ()):
            page, _ = list_records(
                live,
                state.store.schema(live),
                TABLES[name],
                tenant.id,
                limit=LATEST,
                customer_id=found["id"],
                latest_first=True,
            )
            besides[name] = page
    response = answer(found, besides=besides)
    if survivor:
        response.headers["Content-Location"] = f"{PREFIX}/{quote(survivor, safe='')}"
    return response


@router.post(
    "",
    status_code=201,
    response_model=contract.Customer,
    responses={
        200: {"model": contract.Customer, "description": "The one there is (`on_conflict`)."},
        **documented(
            "customer-exists", "in-flight", "unsupported-media-type", "invalid", "key-reused"
        ),
    },
)
def create(
    request: Request,
    tenant: OfTenant,
    fields: contract.CustomerFields,
    on_conflict: Literal["refuse", "return"] = "refuse",
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """A new customer; 409 names the one that has its e-mail or phone already."""
    state = state_of(request)
    values, details = _read_fields(state, tenant, fields)

    def work(live: sqlite3.Connection) -> Response:
        matched, unknown = _matching(live, state, tenant, fields, details)
        ids = [found.id for found in by_age(live, matched)]
        if len(ids) == 1 and on_conflict == "return":
            found = require_customer(live, tenant.id, ids[0])
            return answer(found)
        if ids:
            kinds = {customer_id: sorted(matched[customer_id]) for customer_id in ids}
            raise ProblemError("customer-exists", existing_id=ids[0], matched=kinds)
        customer_id = f"cust_{uuid4().hex[:20]}"
        defaults = {"status": "active", "language": "fr", "timezone": "Europe/Paris"}
        row = dict.fromkeys(contract.CustomerFields.model_fields) | defaults | values
        create_customer(live, row | {"id": customer_id, "tenant_id": tenant.id}, derived=False)
        add_identifiers(live, tenant.id, customer_id, unknown)
        found = require_customer(live, tenant.id, customer_id)
        location = f"{PREFIX}/{customer_id}"
        return answer(found, 201, Location=location)

    return state.answers.once(
        tenant.id,
        idempotency_key,
        f"POST {PREFIX} {on_conflict} {fields.model_dump_json(exclude_unset=True)}",
        work,
    )


@router.patch(
    "/{customer_id}",
    response_model=contract.Customer,
    responses=documented(
        "not-found",
        "customer-exists",
        "merged",
        "changed",
        "unsupported-media-type",
        "invalid",
        "precondition-required",
    ),
)
def change(
    request: Request,
    tenant: OfTenant,
    customer_id: RowId,
    fields: contract.CustomerFields,
    if_match: IfMatch = None,
) -> Response:
    """Change what is given, null takes off (RFC 7396); it wins over what records say."""
    state = state_of(request)
    values, details = _read_fields(state, tenant, fields)
    with state.store.change() as live:
        found = require_customer(live, tenant.id, customer_id)
        require_match(if_match, found)
        matched, unknown = _matching(live, state, tenant, fields, details, of=found)
        matched.pop(customer_id, None)
        if matched:
            ids = [other.id for other in by_age(live, matched)]
            kinds = {other: sorted(matched[other]) for other in ids}
            raise ProblemError("customer-exists", existing_id=ids[0], matched=kinds)
        if values:
            changed = ", ".join(f"{quoted(name)} = :{name}" for name in values)
            live.execute(
                f"UPDATE customers SET {changed}, updated_at = CURRENT_TIMESTAMP WHERE id = :id",
                values | {"id": customer_id},
            )
        add_identifiers(live, tenant.id, customer_id, unknown)
        found = require_customer(live, tenant.id, customer_id)
    return answer(found)


@router.delete(
    "/{customer_id}",
    status_code=204,
    response_class=Response,
    responses=documented("not-found", "merged", "in-use", "changed", "invalid"),
)
def remove(
    request: Request, tenant: OfTenant, customer_id: RowId, if_match: IfMatch = None
) -> Response:
    """Unlink a customer's records and remove it; whether a run makes it anew is a setting."""
    state = state_of(request)
    with state.store.change() as live:
        found = require_customer(live, tenant.id, customer_id)
        if if_match is not None:
            require_match(if_match, found)
        values = {"tenant": tenant.id, "id": customer_id}
        for table in TABLES.values():
            live.execute(api_sql("unlink", table=table), values)
        remove_identifiers(live, customer_id)
        try:
            live.execute("DELETE FROM customers WHERE id = ?", (customer_id,))
        except sqlite3.IntegrityError:
            raise ProblemError("in-use", "another table refers to this customer") from None
    return Response(status_code=204)


@router.get(
    "/{customer_id}/explain",
    response_model=contract.Explanation,
    responses=documented("not-found", "invalid"),
)
def explain_customer(request: Request, tenant: OfTenant, customer_id: RowId) -> Response:
    """The chain of ties that made a customer of several records, by the last run."""
    state = state_of(request)
    with state.store.read() as live:
        found = read_customer(live, tenant.id, customer_id)
        survivor = merged_into(live, tenant.id, customer_id) if found is None else None
        found = read_customer(live, tenant.id, survivor) if survivor else found
    if found is None:
        raise ProblemError("not-found")
    ties = state.ties_of(found["id"])
    shown: dict[str, Any] = {
        "customer_id": found["id"],
        "judged": ties is not None,
        "ties": ties or [],
        "identifiers": found["identifiers"],
    }
    return JSONResponse(shown)


def _read_fields(
    state: State, tenant: Tenant, fields: contract.CustomerFields
) -> tuple[dict[str, str | None], list[Detail]]:
    """The columns to be written, e-mail and phone normalised, and these two as identifiers."""
    values: dict[str, Any] = fields.model_dump(exclude_unset=True)
    details = []
    for kind in ("email", "phone"):
        if values.get(kind) is not None:
            detail = one_detail(state.reader, kind, values[kind], tenant, f"body.{kind}")
            values[kind] = detail.shown
            details.append(detail)
    if values.get("tags") is not None:
        values["tags"] = json.dumps(values["tags"], ensure_ascii=False, separators=(",", ":"))
    return values, details


def _matching(
    live: sqlite3.Connection,
    state: State,
    tenant: Tenant,
    fields: contract.CustomerFields,
    details: list[Detail],
    of: dict[str, Any] | None = None,
) -> tuple[dict[str, set[str]], list[tuple[str, str]]]:
    """Whose these details are: of customers that they tie, or whose rows show them; and those that
    one more customer may be known by.
    """
    given = fields.model_dump(exclude_unset=True)
    names = {name: given.get(name, (of or {}).get(name)) for name in ("first_name", "last_name")}
    shown = {detail.kind: detail.shown for detail in details}
    person = state.reader.read(
        Given(
            first_name=names["first_name"] or "",
            name=names["last_name"],
            email=shown.get("email"),
            phone=shown.get("phone"),
        ),
        tenant.region,
    )
    resolved = resolve(live, state.reader, state.whose(live, tenant), person)
    matched = {customer: set(kinds) for customer, kinds in resolved.matches.items()}
    for kind, holder in holders(live, tenant.id, shown.get("email"), shown.get("phone")).items():
        matched.setdefault(holder, set()).add(kind)
    return matched, [(detail.kind, detail.tie) for detail in resolved.unknown]
