"""Which records are one customer, against a union-find that knows nothing of the SQL."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from coccinelle_assets_tests.resolution.warehouse import (
    customer_ids,
    customers,
    links,
    reasons,
    resolve,
    unlinked,
    warehouse,
)

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


@st.composite
def record_sets(draw: st.DrawFn) -> list[Record]:
    prefixes = {"prospects": "p", "appointments": "a", "omni_conversations": "c"}
    tables = draw(st.lists(st.sampled_from(sorted(prefixes)), min_size=1, max_size=40))
    return [
        Record(
            table=table,
            id=f"{prefixes[table]}{number}",
            tenant=draw(st.sampled_from(["t1", "t1", "t2", "t3", "t4", "", None])),
            name=draw(
                st.sampled_from(["Jean Dupont", "DUPONT Jean", "Anne Petit", "Zoe Leroy", "", None])
            ),
            email=draw(st.sampled_from([*EMAILS, *SEVERAL, "", None, None])),
            phone=draw(st.sampled_from([*PHONES, "", None, None])),
            prospect=draw(st.none() | st.integers(0, 39).map("p{}".format)),
            created_at=draw(st.sampled_from(["2025-01-01", "2025-01-02T10:00:00Z", None])),
        )
        for number, table in enumerate(tables)
    ]


def load(records: list[Record]) -> DuckDBPyConnection:
    tables: dict[str, list[dict[str, str | None]]] = defaultdict(list)
    for record in records:
        tables[record.table].append(record.row)
    connection = warehouse(business_identifiers=BUSINESS, **tables)
    return resolve(connection, max_people_per_identifier=MAX_PEOPLE)


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


def groups_of(found: dict[tuple[str, str], str]) -> set[frozenset[tuple[str, str]]]:
    groups = defaultdict(set)
    for key, customer_id in found.items():
        groups[customer_id].add(key)
    return {frozenset(group) for group in groups.values()}


@given(record_sets())
@settings(max_examples=12, deadline=None)
def test_records_are_one_customer_exactly_when_the_oracle_says_so(records: list[Record]) -> None:
    with load(records) as connection:
        found = customer_ids(connection)
        assert groups_of(found) == partition(records)
        assert len({row["id"] for row in customers(connection)}) == len(set(found.values()))
        tenants = {row["id"]: row["tenant_id"] for row in customers(connection)}
        assert all(tenants[found[r.key]] == r.tenant for r in records if r.key in found)
        linked = {key: customer_id for key, (customer_id, _) in links(connection).items()}
        assert linked == {key: found[key] for key in found if key[0] != "prospects"}
        assert unlinked(connection) == {
            record.key: unlinked_reason(record, records)
            for record in records
            if record.key not in found
        }
        assert {
            identifier: reason
            for identifier, reason in reasons(connection).items()
            if identifier[0]
        } == {
            **{(tenant, "prospect_id", name): "shared" for tenant, name in buckets(records)},
            **{known: reason for known, reason in judge(records).items() if known[0]},
        }


@given(record_sets(), st.randoms(use_true_random=False))
@settings(max_examples=4, deadline=None)
def test_the_order_of_rows_does_not_matter(records: list[Record], random: st.DataObject) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)
    with load(records) as one, load(shuffled) as other:
        assert customers(one) == customers(other)
        assert customer_ids(one) == customer_ids(other)
        assert links(one) == links(other)
        assert unlinked(one) == unlinked(other)


def prospect(record_id: str, tenant: str | None = "t1", **values: str | None) -> Record:
    empty = {"name": None, "email": None, "phone": None, "prospect": None, "created_at": None}
    return Record("prospects", record_id, tenant, **empty | values)


def test_a_chain_over_two_phones_and_two_emails_is_one_customer() -> None:
    jean, paul = "jean@free.fr", "paul@free.fr"
    mobile, office = "0611223344", "0699887701"
    rows = [
        {"id": "p1", "tenant_id": "t1", "email": jean},
        {"id": "p2", "tenant_id": "t1", "email": jean, "phone": mobile},
        {"id": "p3", "tenant_id": "t1", "email": paul, "phone": mobile},
        {"id": "p4", "tenant_id": "t1", "email": paul, "phone": office},
        {"id": "p5", "tenant_id": "t1", "phone": office},
    ]
    with resolve(warehouse(prospects=rows)) as connection:
        assert len(customers(connection)) == 1
        assert len(customer_ids(connection)) == 5


def test_one_email_in_two_tenants_is_two_customers() -> None:
    records = [
        prospect("p1", "t1", email="jean@free.fr"),
        prospect("p2", "t2", email="jean@free.fr"),
    ]
    with load(records) as connection:
        assert [row["email"] for row in customers(connection)] == ["jean@free.fr"] * 2
        assert {row["tenant_id"] for row in customers(connection)} == {"t1", "t2"}


@pytest.mark.parametrize("empty", ["", " ", "\u00a0", "\u200b", None])
def test_nothing_merges_on_emptiness(empty: str | None) -> None:
    rows = [{"id": f"p{n}", "tenant_id": "t1", "email": empty, "phone": empty} for n in range(2)]
    visits = [{"id": f"a{n}", "tenant_id": "t1", "prospect_id": empty} for n in range(2)]
    with resolve(warehouse(prospects=rows, appointments=visits)) as connection:
        assert customers(connection) == []
        assert len(unlinked(connection)) == 4


def test_a_prospect_of_another_tenant_ties_nothing() -> None:
    with resolve(
        warehouse(
            prospects=[{"id": "p1", "tenant_id": "t2", "email": "jean@free.fr"}],
            appointments=[{"id": "a1", "tenant_id": "t1", "prospect_id": "p1"}],
        )
    ) as connection:
        assert customer_ids(connection).keys() == {("prospects", "p1")}
        assert unlinked(connection) == {("appointments", "a1"): "unknown_prospect"}


def test_an_appointment_follows_a_prospect_that_has_no_identifier() -> None:
    with resolve(
        warehouse(
            prospects=[{"id": "p1", "tenant_id": "t1", "last_name": "Dupont"}],
            appointments=[{"id": "a1", "tenant_id": "t1", "prospect_id": "p1"}],
        )
    ) as connection:
        ((customer_id, matched_on),) = links(connection).values()
        assert matched_on == "prospect_id"
        assert set(customer_ids(connection).values()) == {customer_id}


def test_each_guard_leaves_its_reason() -> None:
    names = ["Anne Petit", "Zoe Leroy", "Jean Dupont"]
    records = [
        prospect("p1", email="Test@gmail.com", phone="0600000000"),
        prospect("p2", email="accueil@boite.fr", phone="01 44 55 66 77"),
        prospect("p3", email="jean@free", phone="0612"),
        *[prospect(f"q{n}", name=name, phone="0699887701") for n, name in enumerate(names)],
        prospect("p4", email="paul@free.fr", phone="06 11 22 33 44"),
    ]
    with load(records) as connection:
        assert reasons(connection) == {
            ("t1", "email", "test@gmail.com"): "placeholder",
            ("t1", "phone", "+33600000000"): "placeholder",
            ("t1", "email", "accueil@boite.fr"): "business_own",
            ("t1", "phone", "+33144556677"): "business_own",
            ("t1", "email", "jean@free"): "invalid",
            ("t1", "phone", "0612"): "invalid",
            ("t1", "phone", "+33699887701"): "shared",
            ("t1", "email", "paul@free.fr"): None,
            ("t1", "phone", "+33611223344"): None,
        }
        assert customer_ids(connection).keys() == {("prospects", "p4")}


def test_one_person_spelled_in_many_ways_is_not_shared() -> None:
    spellings = ["Élodie Lefèvre", "LEFEVRE Elodie", "elodie lefevre", "Mme Élodie LEFÈVRE"]
    rows = [
        {"id": f"p{n}", "tenant_id": "t1", "last_name": name, "phone": "0611223344"}
        for n, name in enumerate(spellings)
    ]
    with resolve(warehouse(prospects=rows), max_people_per_identifier=1) as connection:
        assert len(customers(connection)) == 1


def test_a_name_is_one_person_however_its_accents_are_encoded() -> None:
    names = [
        unicodedata.normalize(form, name)
        for form in ("NFC", "NFD")
        for name in ("Élodie Lefèvre", "LEFÈVRE Élodie")
    ]
    assert len(set(names)) == 4
    records = [prospect(f"p{n}", name=name, phone="0611223344") for n, name in enumerate(names)]
    with load(records) as connection:
        people = connection.execute("SELECT DISTINCT person FROM identity.contacts").fetchall()
    assert people == [("elodie lefevre",)]


def test_a_record_without_an_id_is_listed_not_linked() -> None:
    rows = [{"id": None, "tenant_id": "t1", "email": "jean@free.fr"}]
    with resolve(warehouse(prospects=rows)) as connection:
        assert unlinked(connection) == {("prospects", None): "no_record_id"}
        assert customers(connection) == []


def test_a_customer_id_depends_only_on_its_earliest_record() -> None:
    first = prospect("p1", email="jean@free.fr", created_at="2025-01-01")
    later = prospect("p2", email="jean@free.fr", created_at="2025-02-01")
    with load([first]) as alone, load([later, first]) as together:
        assert customers(alone)[0]["id"] == customers(together)[0]["id"]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["Jean Dupont", "Jean Dupond", "Jaen Dupont", "Jean"], None),
        (["Marie Martin", "Paul Martin", "Jean Martin"], "shared"),
        (["Jean Dupont", "Anne Petit"], None),
        (["Jean Dupont", "Anne Petit", "Zoe Leroy"], "shared"),
    ],
)
def test_misspellings_of_one_name_are_one_person_and_relatives_are_not(
    names: list[str], reason: str | None
) -> None:
    records = [prospect(f"p{n}", name=name, phone="0699887701") for n, name in enumerate(names)]
    with load(records) as connection:
        assert reasons(connection) == {("t1", "phone", "+33699887701"): reason}
