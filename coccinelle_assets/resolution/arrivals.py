"""The customer of one record that comes in by day: found by what is known, or created.

The same reading, judging and ties as a run's, over what the last run and arrivals since wrote in
`customer_identifiers`. What is decided here is derived: the next run judges it anew, with all
records at hand and its gates, and where several customers turn out to be one it merges them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coccinelle_assets.live.arrivals.known import (
    Known,
    Prospect,
    business_details,
    by_age,
    find_prospect,
    holders,
    is_taken,
    known_identifiers,
)
from coccinelle_assets.live.arrivals.write import (
    add_identifiers,
    create_customer,
    note_link,
    recount,
    write_link,
)
from coccinelle_assets.live.new_ids import id_beside, id_of_first_record
from coccinelle_assets.live.sqlite.record_ids import id_of_record
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.resolution.customers import (
    DEFAULT_LANGUAGE,
    DEFAULT_TIME_ZONE,
    region_language,
)
from coccinelle_assets.resolution.normalize.details import Detail
from coccinelle_assets.resolution.normalize.phones import phone_region, phone_time_zone
from coccinelle_assets.resolution.one_record import (
    Given,
    Person,
    RecordReader,
    Rejected,
    agreeing,
    person_key,
)
from coccinelle_assets.tables import DETAILS, Column

CONVERSATIONS = "omni_conversations"
TAGS = {CONVERSATIONS: "conversations", "appointments": "appointments"}


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose records they are: the tenant, the region of its numbers without a country code (None:
    the default one), and its own e-mails and phones, as kinds and values.

    The live database has those of the last run; a tenant that is newer has its own all the same.
    """

    tenant: str
    region: str | None = None
    own: frozenset[tuple[str, str]] = frozenset()


def whose(
    live: sqlite3.Connection, schema: Schema, reader: RecordReader, tenant: str, region: str | None
) -> Whose:
    """What judging a tenant's records takes, as the live database has it now."""
    written = business_details(live, schema, tenant)
    return Whose(tenant, region, reader.business_own(written, region))


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record as it comes in: where it stands, whose it is, and what it says."""

    table: str
    record_id: str
    whose: Whose
    given: Given

    @property
    def tenant(self) -> str:
        """The tenant's id."""
        return self.whose.tenant


@dataclass(frozen=True, slots=True)
class Found:
    """The customer of a record, None when nothing ties it.

    `matched` are the kinds that tie it, `candidates` all customers that they lead to, the one that
    was taken first; `rejected` says why other details tie nobody.
    """

    customer_id: str | None
    created: bool
    matched: tuple[str, ...]
    candidates: tuple[str, ...]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a record's details lead to: those that tie, and the customers they tie to.

    `unknown` are those of `ties` that no customer is known by, or that several may be.
    """

    ties: tuple[Detail, ...]
    unknown: tuple[Detail, ...]
    matches: dict[str, set[str]]
    rejected: tuple[Rejected, ...]


def link_record(
    live: sqlite3.Connection,
    schema: Schema,
    reader: RecordReader,
    arrival: Arrival,
    previous: str | None = None,
) -> Found:
    """Link a record that is written already to its customer, inside the caller's transaction.

    The link is derived, and so is that there is none. `previous` is the customer it had before.
    """
    found = find_or_create(live, schema, reader, arrival)
    write_link(live, arrival.table, arrival.record_id, arrival.tenant, found.customer_id)
    note_derived(live, schema, arrival, found)
    recount(live, schema, (previous, found.customer_id))
    return found


def note_derived(live: sqlite3.Connection, schema: Schema, arrival: Arrival, found: Found) -> None:
    """Note that a record's link was derived, so that the next run judges it anew.

    A contracted table keeps no details to derive it of again: there it stands.
    """
    customer_id = found.customer_id if _keeps_details(schema, arrival.table) else None
    note_link(live, schema, arrival.table, arrival.record_id, arrival.tenant, customer_id)


def find_or_create(
    live: sqlite3.Connection, schema: Schema, reader: RecordReader, arrival: Arrival
) -> Found:
    """The customer of a record, in the caller's transaction; the link is the caller's to write."""
    tenant, region = arrival.tenant, arrival.whose.region
    person = reader.read(arrival.given, region)
    resolved = resolve(live, reader, arrival.whose, person)
    matches = {customer: set(kinds) for customer, kinds in resolved.matches.items()}
    ties, unknown = list(resolved.ties), list(resolved.unknown)
    rejected = list(resolved.rejected)
    prospect, prospective = None, None
    named = arrival.given.prospect_id
    if named:
        prospect = find_prospect(live, schema, tenant, named)
        known = known_identifiers(live, tenant, [("prospect_id", prospect.id)]) if prospect else []
        if prospect is None:
            rejected.append(Rejected("prospect_id", named, "unknown_prospect"))
        elif any(not row.usable for row in known):
            rejected.append(Rejected("prospect_id", named, "shared"))
            prospect = None
        else:
            prospective = reader.read(_as_given(prospect), region)
            through = resolve(live, reader, arrival.whose, prospective)
            ties += [detail for detail in through.ties if detail not in ties]
            unknown += [detail for detail in through.unknown if detail not in unknown]
            for customer in {*through.matches, *(row.customer_id for row in known)}:
                matches.setdefault(customer, set()).add("prospect_id")
    oldest = tuple(customer.id for customer in by_age(live, matches))
    if oldest:
        _learn(live, tenant, oldest[0], unknown)
        if prospect:
            _learn_prospect(live, tenant, oldest[0], prospect, ties)
        return Found(oldest[0], False, tuple(sorted(matches[oldest[0]])), oldest, tuple(rejected))
    if not ties and prospect is None:
        return Found(None, False, (), (), tuple(rejected))
    derived = _keeps_details(schema, arrival.table)
    created = _create(live, schema, arrival, person, prospect, prospective, ties, derived=derived)
    _learn(live, tenant, created, unknown)
    if prospect:
        _learn_prospect(live, tenant, created, prospect, ties)
    return Found(created, True, (), (created,), tuple(rejected))


def resolve(
    live: sqlite3.Connection, reader: RecordReader, whose: Whose, person: Person
) -> Resolved:
    """What a person's details lead to, by what the live database knows; nothing is written."""
    tenant = whose.tenant
    wanted = {(detail.kind, detail.tie) for detail in person.details}
    bare = {(kind, value.partition(";")[0]) for kind, value in wanted}
    known = known_identifiers(live, tenant, wanted | bare)
    unusable = {(row.kind, row.value): row for row in known if not row.usable}
    rejected = list(person.rejected)
    matches: dict[str, set[str]] = {}
    ties, unknown = [], []
    for detail in person.details:
        reason = _why_not(unusable, whose.own, detail)
        if reason:
            rejected.append(Rejected(detail.kind, detail.tie, reason))
            continue
        ties.append(detail)
        held = _held(live, tenant, detail, known)
        by_name = "by_name" in held.values() or reader.ties_by_name(detail)
        if not held or by_name:
            unknown.append(detail)
        for customer in _agreeing(live, person, held) if by_name else held:
            matches.setdefault(customer, set()).add(detail.kind)
    return Resolved(tuple(ties), tuple(unknown), matches, tuple(rejected))


def _why_not(
    unusable: dict[tuple[str, str], Known], own: frozenset[tuple[str, str]], detail: Detail
) -> str | None:
    """With an extension a number is the business' own still, but shared by nobody."""
    bare = (detail.kind, detail.tie.partition(";")[0])
    row, of_bare = unusable.get((detail.kind, detail.tie)), unusable.get(bare)
    if bare in own or (of_bare is not None and of_bare.reason == "business_own"):
        return "business_own"
    return row.reason if row is not None else None


def _held(
    live: sqlite3.Connection, tenant: str, detail: Detail, known: Iterable[Known]
) -> dict[str, str | None]:
    """The customers that have a detail, each with the reason for which it may tie them not."""
    found = {
        row.customer_id: row.reason
        for row in known
        if row.usable and (row.kind, row.value) == (detail.kind, detail.tie)
    }
    # What the application wrote in a customer's row since the last run.
    if detail.tie == detail.shown or "@" in detail.tie:
        shown = {"email": None, "phone": None} | {detail.kind: detail.shown}
        for customer in holders(live, tenant, shown["email"], shown["phone"]).values():
            found.setdefault(customer, None)
    return found


def _agreeing(live: sqlite3.Connection, person: Person, held: Iterable[str]) -> Iterable[str]:
    """Of the customers that have a role's address or a landline, the one that a person may be."""
    names = [
        (customer.id, person_key(customer.first_name, customer.last_name))
        for customer in by_age(live, held)
    ]
    return agreeing(person.key, names)


def _as_given(prospect: Prospect) -> Given:
    return Given(
        name=prospect.last_name,
        first_name=prospect.first_name or "",
        email=prospect.email,
        phone=prospect.phone,
    )


def _learn(live: sqlite3.Connection, tenant: str, customer_id: str, ties: Iterable[Detail]) -> None:
    add_identifiers(live, tenant, customer_id, ((detail.kind, detail.tie) for detail in ties))


def _learn_prospect(
    live: sqlite3.Connection,
    tenant: str,
    customer_id: str,
    prospect: Prospect,
    ties: Sequence[Detail],
) -> None:
    """A prospect that holds nothing else is known by its id."""
    if not ties:
        add_identifiers(live, tenant, customer_id, [("prospect_id", prospect.id)])


def _create(
    live: sqlite3.Connection,
    schema: Schema,
    arrival: Arrival,
    person: Person,
    prospect: Prospect | None,
    prospective: Person | None,
    ties: Sequence[Detail],
    *,
    derived: bool,
) -> str:
    """A customer out of one record and the prospect it names, as a run would derive it."""
    people = [person] if prospective is None else [prospective, person]
    named = max(people, key=lambda p: (bool(p.first_name) + bool(p.last_name), p is not person))
    usable = [detail for p in people for detail in p.details if detail in ties]
    email = next((detail.shown for detail in usable if detail.kind == "email"), None)
    phone = next((detail.shown for detail in usable if detail.kind == "phone"), None)
    taken = holders(live, arrival.tenant, email, phone)
    email = None if "email" in taken else email
    phone = None if "phone" in taken else phone
    channel = (arrival.given.channel or "").lower() or None
    values = {
        "id": _new_customer_id(live, schema, arrival),
        "tenant_id": arrival.tenant,
        "first_name": named.first_name,
        "last_name": named.last_name,
        "email": email,
        "phone": phone,
        "status": "customer",
        "source": _source(arrival, prospect),
        "tags": json.dumps(
            ["prospects"] * (prospect is not None) + [TAGS[arrival.table]], separators=(",", ":")
        ),
        "preferred_contact_method": {"voice": "phone"}.get(channel or "", channel)
        or ("phone" if phone else "email" if email else None),
        **_place(phone),
    }
    create_customer(live, values, derived=derived)
    return str(values["id"])


def _keeps_details(schema: Schema, table: str) -> bool:
    """Whether a record's details stay with it, for the next run to derive all of it again."""
    return any(schema.deployed(table, Column(name)) for name in DETAILS)


def _source(arrival: Arrival, prospect: Prospect | None) -> str:
    if prospect is not None:
        return prospect.source or "prospect"
    if arrival.table == CONVERSATIONS:
        return arrival.given.channel or "conversation"
    return "appointment"


def _place(phone: str | None) -> dict[str, str]:
    """The language and time zone of a number's area."""
    if phone is None or phone.startswith("+33"):
        return {"language": DEFAULT_LANGUAGE, "timezone": DEFAULT_TIME_ZONE}
    return {
        "language": region_language(phone_region(phone)) or DEFAULT_LANGUAGE,
        "timezone": phone_time_zone(phone) or DEFAULT_TIME_ZONE,
    }


def _new_customer_id(live: sqlite3.Connection, schema: Schema, arrival: Arrival) -> str:
    """The id that a run would give, unless another customer has it."""
    record_id = id_of_record(schema, arrival.table, arrival.tenant, arrival.record_id)
    customer_id = id_of_first_record(arrival.tenant, arrival.table, record_id)
    return id_beside(customer_id) if is_taken(live, customer_id) else customer_id
