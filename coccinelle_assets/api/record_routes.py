"""/api/v1/appointments and /api/v1/conversations."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from coccinelle_assets.api import contract, records
from coccinelle_assets.api.parameters import (
    Cursor,
    IdempotencyKey,
    IfMatch,
    Limit,
    OfCustomer,
    RowId,
    Since,
)
from coccinelle_assets.api.problems import documented
from coccinelle_assets.api.tenants import OfTenant

CREATED = ("merged", "in-flight", "unsupported-media-type", "invalid", "key-reused")
CHANGED = (
    "not-found", "merged", "changed", "unsupported-media-type", "invalid",
    "precondition-required",
)  # fmt: skip
appointments = APIRouter(prefix="/api/v1/appointments", tags=["appointments"])
conversations = APIRouter(prefix="/api/v1/conversations", tags=["conversations"])


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
    return records.page(request, tenant, "appointments", limit, cursor, customer_id, since, until)


@appointments.get(
    "/{appointment_id}",
    response_model=contract.Appointment,
    responses=documented("not-found", "invalid"),
)
def get_appointment(request: Request, tenant: OfTenant, appointment_id: RowId) -> Response:
    """One appointment."""
    return records.get(request, tenant, "appointments", appointment_id)


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
    return records.create(
        request, tenant, "appointments", fields, idempotency_key, appointments.prefix
    )


@appointments.patch(
    "/{appointment_id}", response_model=contract.Appointment, responses=documented(*CHANGED)
)
def change_appointment(
    request: Request,
    tenant: OfTenant,
    appointment_id: RowId,
    fields: contract.AppointmentFields,
    if_match: IfMatch = None,
) -> Response:
    """Change what is given, null takes off (RFC 7396)."""
    return records.change(request, tenant, "appointments", appointment_id, fields, if_match)


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
    return records.page(
        request, tenant, "omni_conversations", limit, cursor, customer_id, since, until
    )


@conversations.get(
    "/{conversation_id}",
    response_model=contract.Conversation,
    responses=documented("not-found", "invalid"),
)
def get_conversation(request: Request, tenant: OfTenant, conversation_id: RowId) -> Response:
    """One conversation."""
    return records.get(request, tenant, "omni_conversations", conversation_id)


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
    return records.create(
        request, tenant, "omni_conversations", fields, idempotency_key, conversations.prefix
    )


@conversations.patch(
    "/{conversation_id}", response_model=contract.Conversation, responses=documented(*CHANGED)
)
def change_conversation(
    request: Request,
    tenant: OfTenant,
    conversation_id: RowId,
    fields: contract.ConversationFields,
    if_match: IfMatch = None,
) -> Response:
    """Change what is given, null takes off (RFC 7396)."""
    return records.change(request, tenant, "omni_conversations", conversation_id, fields, if_match)
