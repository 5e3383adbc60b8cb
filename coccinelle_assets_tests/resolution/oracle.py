"""Who is one customer, by a union-find in plain Python that knows nothing of the SQL."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

MAX_PEOPLE = 2
# Spelling -> (value, why it ties nobody); t1's own details are usable in other tenants.
EMAILS = {
    "jean@free.fr": ("jean@free.fr", None),
    " JEAN@Free.fr\u00a0": ("jean@free.fr", None),
    "paul@free.fr": ("paul@free.fr", None),
    "Test@gmail.com": ("test@gmail.com", "placeholder"),
    "accueil@boite.fr": ("accueil@boite.fr", "business_own"),
    "info@dupont.fr": ("info@dupont.fr", None),
    "jean@free": ("jean@free", "invalid"),
    "inconnu": ("inconnu", "placeholder"),
    "\u00a0": ("\u00a0", "invalid"),
}
PHONES = {
    "06 11 22 33 44": ("+33611223344", None),
    "+33 (0)6 11 22 33 44": ("+33611223344", None),
    "0699887701": ("+33699887701", None),
    "0600000000": ("+33600000000", "placeholder"),
    "01 44 55 66 77": ("+33144556677", "business_own"),
    "01 60 11 22 34": ("+33160112234", None),
    "0612": ("0612", "invalid"),
}
# Used by several people, these tie only those whose names agree.
BY_NAME = {"accueil@boite.fr", "info@dupont.fr", "+33144556677", "+33160112234"}
# In one column: its own detail, and what else it holds.
SEVERAL = {
    "jean@free.fr; Paul@free.fr": ("jean@free.fr", [("email", "paul@free.fr")]),
    "06 11 22 33 44": (None, [("phone", "+33611223344")]),
    "info@dupont.fr / 01 60 11 22 34": ("info@dupont.fr", [("phone", "+33160112234")]),
}
BUSINESS = [
    {"tenant_id": "t1", "source_table": "tenants", "kind": "email", "value": "Accueil@boite.fr"},
    {"tenant_id": "t1", "source_table": "users", "kind": "phone", "value": "+33144556677"},
    {"tenant_id": "t1", "source_table": "users", "kind": "phone", "value": ""},
    {"tenant_id": "t1", "source_table": "users", "kind": "email", "value": None},
]


class Record(NamedTuple):
    """One source record, whatever its table."""

    table: str
    id: str
    tenant: str | None
    name: str | None
    email: str | None
    phone: str | None
    prospect: str | None
    created_at: str | None

    @property
    def key(self) -> tuple[str, str]:
        return self.table, self.id

    @property
    def person(self) -> tuple[str, ...]:
        return tuple(sorted(re.findall("[a-z]+", (self.name or "").lower())))

    @property
    def row(self) -> dict[str, str | None]:
        row = {"id": self.id, "tenant_id": self.tenant, "created_at": self.created_at}
        if self.table == "prospects":
            return row | {"last_name": self.name, "email": self.email, "phone": self.phone}
        details = {
            "customer_name": self.name,
            "customer_email": self.email,
            "customer_phone": self.phone,
        }
        return row | details | {"prospect_id": self.prospect}

    def identifiers(self) -> Iterator[tuple[tuple[str | None, str, str], str | None]]:
        """(tenant, kind, value) and why it ties nobody; the e-mail first."""
        for kind, spelling, known in (("email", self.email, EMAILS), ("phone", self.phone, PHONES)):
            if spelling and not (kind == "email" and spelling in SEVERAL):
                value, reason = known[spelling]
                own = reason == "business_own" and self.tenant != "t1"
                yield (self.tenant, kind, value), None if own else reason
            elif spelling and SEVERAL[spelling][0]:
                yield (self.tenant, kind, str(SEVERAL[spelling][0])), None

    def others(self) -> Iterator[tuple[str | None, str, str]]:
        """What the columns hold beyond that, and the record does not hold already."""
        held = {identifier for identifier, _ in self.identifiers()}
        for kind, value in SEVERAL.get(self.email or "", (None, []))[1]:
            if (self.tenant, kind, value) not in held:
                yield self.tenant, kind, value

    def valid(self) -> dict[str, str]:
        """The valid detail of each kind that a record has in its own place."""
        return {kind: value for (_, kind, value), r in self.identifiers() if r != "invalid"}


def judge(records: list[Record]) -> dict[tuple[str | None, str, str], str | None]:
    """The oracle's identifiers: guards by value, then by the number of people: distinct names, and
    without a name distinct identifiers of the other kind that no named record holds with it.
    """
    people = defaultdict(set)
    named, nameless = defaultdict(set), defaultdict(set)
    judged: dict[tuple[str | None, str, str], str | None] = {}
    for record in records:
        held = [*record.identifiers(), *((other, None) for other in record.others())]
        for identifier, reason in held:
            people[identifier] |= {record.person} - {()}
            other = record.valid().get({"email": "phone", "phone": "email"}[identifier[1]])
            if other:
                (named if record.person else nameless)[identifier].add(other)
            judged[identifier] = judged.get(identifier) or reason
    crowded = {
        identifier
        for identifier, names in people.items()
        if len(names) + len(nameless[identifier] - named[identifier]) > MAX_PEOPLE
    }
    return {
        identifier: reason or ("shared" if identifier in crowded else None)
        for identifier, reason in judged.items()
    }


def names_of(records: list[Record]) -> dict[tuple[str | None, str, str], set[tuple[str, ...]]]:
    names = defaultdict(set)
    for record in records:
        for identifier in (*(one for one, _ in record.identifiers()), *record.others()):
            names[identifier] |= {record.person} - {()}
    return names


def buckets(records: list[Record]) -> set[tuple[str | None, str | None]]:
    """Prospects that are named for more people than an identifier may be used by."""
    prospects = {(r.tenant, r.id) for r in records if r.table == "prospects"}
    people = defaultdict(set)
    for record in records:
        if record.table != "prospects" and (record.tenant, record.prospect) in prospects:
            valid = record.valid()
            somebody = record.person or valid.get("email") or valid.get("phone")
            people[record.tenant, record.prospect] |= {somebody} - {None, ()}
    return {prospect for prospect, somebody in people.items() if len(somebody) > MAX_PEOPLE}


def partition(records: list[Record]) -> set[frozenset[tuple[str, str]]]:
    """The oracle's customers: records joined by what they hold in common, over and over."""
    judged = judge(records)
    names = names_of(records)
    prospects = {(r.tenant, r.id) for r in records if r.table == "prospects"} - buckets(records)
    groups: list[tuple[set[tuple[str, str]], set[object], bool]] = []
    for record in records:
        if not record.tenant:
            continue
        held = [*(one for one, _ in record.identifiers()), *record.others()]
        ties: set[object] = {
            (one, record.person) if one[2] in BY_NAME and len(names[one]) > 1 else one
            for one in held
            if judged[one] is None
        }
        usable = bool(ties)
        if record.table == "prospects":
            ties.add((record.tenant, record.id))
        elif (record.tenant, record.prospect) in prospects:
            ties.add((record.tenant, record.prospect))
        members = {record.key}
        alone = usable
        for group in [group for group in groups if group[1] & ties]:
            groups.remove(group)
            members |= group[0]
            ties |= group[1]
            alone |= group[2]
        groups.append((members, ties, alone))
    return {frozenset(members) for members, _, alone in groups if len(members) > 1 or alone}


def unlinked_reason(record: Record, records: list[Record]) -> str:
    if not record.tenant:
        return "no_tenant"
    judged = judge(records)
    found = [judged[identifier] for identifier, _ in record.identifiers()]
    if found:
        return found[0]
    if record.table != "prospects" and (record.tenant, record.prospect) in buckets(records):
        return "shared"
    others = sorted(judged[other] or "" for other in record.others())
    if others:
        return others[0]
    named = record.table != "prospects" and record.prospect
    return "unknown_prospect" if named else "no_identifier"
