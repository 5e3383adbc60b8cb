"""Which records are one customer, against a union-find that knows nothing of the SQL."""

from __future__ import annotations

import unicodedata
from collections import defaultdict

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from coccinelle_assets_tests.resolution.oracle import (
    BUSINESS,
    EMAILS,
    MAX_PEOPLE,
    PHONES,
    SEVERAL,
    Record,
    buckets,
    judge,
    partition,
    unlinked_reason,
)
from coccinelle_assets_tests.resolution.warehouse import (
    customer_ids,
    customers,
    links,
    reasons,
    resolve,
    unlinked,
    warehouse,
)


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
