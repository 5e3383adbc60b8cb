"""What goes in and out: the contract that docs/openapi.json is made of."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    TypeAdapter,
)

LONGEST_TEXT = 500
MOST_ATTRIBUTES = 50
# A date, or a date and a time, with an offset or without (which is UTC).
MOMENT = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?$"


def _writable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("a zero character is no text")
    return text


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        try:
            moment = moment.astimezone(UTC)
        except OverflowError as error:
            raise ValueError("not a date that can be kept") from error
    return moment.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")


def _timezone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("no time zone: use one such as Europe/Paris")
    return text


Text = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_TEXT), AfterValidator(_writable)
]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_timezone)]
Moment = Annotated[str, StringConstraints(pattern=MOMENT, max_length=40), AfterValidator(_moment)]
MOMENTS = TypeAdapter(Moment)
Id = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_writable)]
Value = Annotated[str, StringConstraints(max_length=10_000), AfterValidator(_writable)]
Attributes = Annotated[
    dict[Id, Value | int | FiniteFloat | bool | None],
    Field(
        max_length=MOST_ATTRIBUTES,
        description="The application's own columns of this row, by name.",
    ),
]


class Strict(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class CustomerFields(Strict):
    """What the application may write of a customer."""

    first_name: Text | None = None
    last_name: Text | None = None
    email: Text | None = Field(default=None, description="One address.")
    phone: Text | None = Field(default=None, description="One number; kept as E.164.")
    status: Word | None = None
    source: Text | None = None
    tags: Annotated[list[Text], Field(max_length=50)] | None = None
    preferred_contact_method: Word | None = None
    language: Language | None = None
    timezone: TimeZone | None = None


class AppointmentFields(Strict):
    """What the application may write of an appointment."""

    customer_id: Id | None = Field(default=None, description="Else found or made by the details.")
    prospect_id: Id | None = None
    customer_name: Text | None = None
    customer_email: Text | None = None
    customer_phone: Text | None = None
    appointment_date: Moment | None = None
    attributes: Attributes | None = None


class ConversationFields(Strict):
    """What the application may write of a conversation."""

    customer_id: Id | None = Field(default=None, description="Else found or made by the details.")
    prospect_id: Id | None = None
    customer_name: Text | None = None
    customer_email: Text | None = None
    customer_phone: Text | None = None
    current_channel: Word | None = None
    first_message_at: Moment | None = None
    last_message_at: Moment | None = None
    attributes: Attributes | None = None


class Identifier(BaseModel):
    """Something that a customer is known by."""

    kind: Literal["email", "phone", "prospect_id"]
    value: str


class Statistics(BaseModel):
    """Counted from the links."""

    total_appointments: int
    total_conversations: int
    last_contact_at: str | None


class Record(BaseModel):
    """An appointment or a conversation; of a contracted table without the customer's details."""

    id: str
    customer_id: str | None
    prospect_id: str | None
    created_at: str | None
    updated_at: str | None
    customer_name: str | None = None
    customer_email: str | None = None
    customer_phone: str | None = None
    attributes: dict[str, Any]


class Appointment(Record):
    """An appointment."""

    appointment_date: str | None


class Conversation(Record):
    """A conversation."""

    current_channel: str | None
    first_message_at: str | None
    last_message_at: str | None


class Customer(BaseModel):
    """A customer."""

    id: str
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    status: str | None
    source: str | None
    tags: list[Any]
    preferred_contact_method: str | None
    language: str | None
    timezone: str | None
    statistics: Statistics
    created_at: str | None
    updated_at: str | None
    identifiers: list[Identifier] | None = Field(default=None, description="Not in lists.")
    merged_from: str | None = Field(
        default=None, description="The id that was asked for, of a customer merged into this one."
    )
    appointments: list[Appointment] | None = Field(default=None, description="With `include`.")
    conversations: list[Conversation] | None = Field(default=None, description="With `include`.")


class Unlinked(BaseModel):
    """Why a detail ties nobody."""

    kind: str
    reason: str


class Link(BaseModel):
    """How a record that was written came to its customer."""

    customer_id: str | None
    created: bool = Field(description="Whether the customer is new.")
    matched: list[str] = Field(description="What matched: email, phone, prospect_id, customer_id.")
    others: list[str] = Field(
        description="Other customers that match too: the next run merges them."
    )
    rejected: list[Unlinked] = Field(description="Details that tie nobody.")


class WrittenAppointment(Appointment):
    """An appointment as it was written, and how it came to its customer."""

    link: Link


class WrittenConversation(Conversation):
    """A conversation as it was written, and how it came to its customer."""

    link: Link


class Customers(BaseModel):
    """A page of customers."""

    items: list[Customer]
    next_cursor: str | None = Field(description="Of the next page; null on the last one.")


class Appointments(BaseModel):
    """A page of appointments."""

    items: list[Appointment]
    next_cursor: str | None


class Conversations(BaseModel):
    """A page of conversations."""

    items: list[Conversation]
    next_cursor: str | None


class Tie(BaseModel):
    """One step of the chain: a record is reached from another through a shared detail."""

    record: str
    reached_from: str | None
    kind: str | None
    value: str | None


class Explanation(BaseModel):
    """Why records are one customer, by the last run."""

    customer_id: str
    judged: bool = Field(description="False of a customer that no run has seen yet.")
    ties: list[Tie]
    identifiers: list[Identifier]


class Health(BaseModel):
    """Whether the server can answer."""

    status: Literal["ok"]


def tags_of(text: str | None) -> list[Any]:
    """The tags in a column; text that is no JSON array is one tag."""
    if not text:
        return []
    try:
        tags = json.loads(text)
    except ValueError:
        return [text]
    return tags if isinstance(tags, list) else [text]
