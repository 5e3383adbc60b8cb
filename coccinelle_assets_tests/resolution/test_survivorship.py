"""What a customer's row says: golden records, the application's edits, merges and splits."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from coccinelle_assets.live.receipts import Receipt
from coccinelle_assets.resolution.customers import merge_tags
from coccinelle_assets.resolution.normalize.emails import normalize_email
from coccinelle_assets.resolution.normalize.names import join_name, split_name
from coccinelle_assets.resolution.normalize.phone_texts import normalize_phone
from coccinelle_assets.warehouse.baseline import remember_baseline
from coccinelle_assets.warehouse.load_sources import write_last_promotion
from coccinelle_assets_tests.resolution.warehouse import (
    COLUMNS,
    customer,
    customer_ids,
    customers,
    links,
    load,
    resolve,
    rows,
    warehouse,
)

Values = dict[str, str | None]
Tables = dict[str, list[Values]]
PRIORITY = {"prospects": 3, "omni_conversations": 2, "appointments": 1}
AGE_ORDER = {"prospects": 1, "omni_conversations": 2, "appointments": 3}
DERIVED = (
    "first_name last_name email phone status source tags preferred_contact_method language "
    "timezone total_appointments total_conversations last_contact_at created_at".split()
)

emails = st.sampled_from(["jean@free.fr", "JEAN@free.fr ", "paul@free.fr", "faux", "", None])
phones = st.sampled_from(["06 11 22 33 44", "+33699887701", "0600000000", "", None])
moments = st.sampled_from(
    [
        "2025-01-01",
        "2025-01-02 10:00:00",
        "2025-01-02T10:00:00Z",
        "2025-03-01T08:00:00+02:00",
        "demain",
        None,
    ]
)
whole_names = st.sampled_from(
    ["Jean Dupont", "DUPONT Paul", "Martin", "Jean", "Mme Le Goff", "", None]
)


@st.composite
def table_rows(draw: st.DrawFn) -> Tables:
    """Rows over few details, so that they fall into few customers."""
    tables: Tables = {table: [] for table in PRIORITY}
    for number in range(draw(st.integers(1, 36))):
        table = draw(st.sampled_from(sorted(PRIORITY)))
        row: Values = {
            "id": f"{table}{number}",
            "tenant_id": draw(st.sampled_from(["t1", "t2", "t3"])),
            "created_at": draw(moments),
            "updated_at": draw(moments),
        }
        if table == "prospects":
            row |= {"email": draw(emails), "phone": draw(phones)}
            row |= {"first_name": draw(st.sampled_from(["Jean", "Anne", "", None]))}
            row |= {"last_name": draw(st.sampled_from(["Dupont", "Petit", "", None]))}
            row |= {"status": draw(st.sampled_from(["new", "contacted", "qualified", "won", None]))}
            row |= {"source": draw(st.sampled_from(["website", "referral", "", None]))}
        else:
            row |= {"customer_email": draw(emails), "customer_phone": draw(phones)}
            row |= {"customer_name": draw(whole_names)}
        if table == "appointments":
            row |= {"appointment_date": draw(moments)}
        if table == "omni_conversations":
            row |= {"current_channel": draw(st.sampled_from(["voice", "Voice", "sms", "", None]))}
            row |= {"first_message_at": draw(moments), "last_message_at": draw(moments)}
        tables[table].append(row)
    return tables


def utc(text: str | None) -> str | None:
    """The oracle's dates; those of `moments` only."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return f"{moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def first(*values: str | None) -> str | None:
    return next((value for value in values if value), None)


def read_record(table: str, row: Values) -> dict[str, Any]:
    """A row as the oracle sees it; dates that are none are ''."""
    if table == "prospects":
        name = join_name(row["first_name"], row["last_name"])
    else:
        name = split_name(row["customer_name"] or "")
    dates = ("appointment_date", "first_message_at", "last_message_at")
    contacted = max(utc(row.get(column)) or "" for column in dates)
    created, updated = utc(row["created_at"]), utc(row["updated_at"])
    email = normalize_email(row.get("email") or row.get("customer_email") or "")
    phone = normalize_phone(row.get("phone") or row.get("customer_phone") or "")
    return {
        "table": table,
        "row": row,
        "name": name,
        "email": email,
        "phone": None if phone == "+33600000000" else phone,
        "contacted": contacted,
        "observed": first(created, contacted, updated),
        "changed": first(updated, created, contacted) or "",
    }


def golden(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The oracle: one customer, column by column, out of its records."""
    by_age = sorted(
        records,
        key=lambda r: (r["observed"] or "~", AGE_ORDER[r["table"]], r["row"]["id"]),
    )
    # Best first: by source, then the latest change, then age (sorting is stable).
    best = sorted(by_age, key=lambda r: r["changed"], reverse=True)
    best = sorted(best, key=lambda r: PRIORITY[r["table"]], reverse=True)
    names = [r["name"] for r in best if any(r["name"])]
    name = first(*[n for n in names if all(n)], *names) or (None, None)
    email = first(*(r["email"] for r in best))
    phone = first(*(r["phone"] for r in best))
    tables = Counter(r["table"] for r in records)
    contacts = tables["appointments"] + tables["omni_conversations"]
    stages = [r["row"]["status"] for r in best if r["table"] == "prospects"]
    stage = stages[0] if stages else None
    earliest = by_age[0]["row"]
    sources = {
        "prospects": earliest.get("source") or "prospect",
        "omni_conversations": earliest.get("current_channel") or "conversation",
        "appointments": "appointment",
    }
    used = [(r["row"].get("current_channel") or "").lower().replace("voice", "phone") for r in best]
    channels = Counter(channel for channel in used if channel)
    most_used = min(channels, key=lambda channel: (-channels[channel], channel), default=None)
    tags = {"prospects": "prospects", "appointments": "appointments"}
    tags["omni_conversations"] = "conversations"
    return {
        "first_name": name[0],
        "last_name": name[1],
        "email": email,
        "phone": phone,
        "status": "customer"
        if contacts
        else {"new": "lead", "contacted": "prospect", "qualified": "prospect"}.get(stage, "active"),
        "source": sources[by_age[0]["table"]],
        "tags": json.dumps([tags[t] for t in tags if tables[t]], separators=(",", ":")),
        "preferred_contact_method": most_used or (phone and "phone") or (email and "email"),
        "language": "fr",
        "timezone": "Europe/Paris",
        "total_appointments": tables["appointments"],
        "total_conversations": tables["omni_conversations"],
        "last_contact_at": max(r["contacted"] for r in records) or None,
        "created_at": first(*(r["observed"] for r in by_age)),
    }


@given(table_rows())
@settings(max_examples=10, deadline=None)
def test_every_column_survives_as_the_oracle_says(tables: Tables) -> None:
    with resolve(warehouse(**tables), max_people_per_identifier=100) as connection:
        found = {row["id"]: row for row in customers(connection)}
        members = customer_ids(connection)
    clusters = defaultdict(list)
    for table, table_records in tables.items():
        for row in table_records:
            if (table, row["id"]) in members:
                clusters[members[table, row["id"]]].append(read_record(table, row))
    assert clusters.keys() == found.keys()
    for customer_id, records in clusters.items():
        assert {column: found[customer_id][column] for column in DERIVED} == golden(records)


def jean(**values: str | None) -> Values:
    row: Values = {"id": "p1", "tenant_id": "t1", "created_at": "2025-01-01 10:00:00"}
    row |= {"first_name": "Jean", "last_name": "Dupont", "status": "new"}
    return row | {"email": "jean@free.fr"} | values


def visit(record_id: str, **values: str | None) -> Values:
    return {"id": record_id, "tenant_id": "t1", "created_at": "2025-02-01 10:00:00"} | values


def promote(
    connection: DuckDBPyConnection,
    tables: Tables,
    edit: Callable[[list[dict[str, Any]]], None] = lambda live: None,
) -> DuckDBPyConnection:
    """Stand for a promotion: what was derived is live, the application edits it, the next run."""
    receipts = rows(connection, "SELECT run_id FROM promoted.last")
    run_id = f"after {receipts[0]['run_id']}" if receipts else "first"
    remember_baseline(connection, run_id, None)
    live = customers(connection)
    edit(live)
    texts = [{k: None if v is None else str(v) for k, v in row.items()} for row in live]
    load(connection, "customers", COLUMNS["customers"], texts)
    receipt = Receipt(run_id, "2025-06-01 00:00:00", None, {}, {}, None)
    write_last_promotion(connection, [receipt])
    linked = {record: customer_id for (_, record), (customer_id, _) in links(connection).items()}
    for table in PRIORITY:
        given_rows = [
            row if table == "prospects" else row | {"customer_id": linked.get(str(row["id"]))}
            for row in tables.get(table, [])
        ]
        load(connection, table, COLUMNS[table], given_rows)
    return resolve(connection)


def without_update(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "updated_at"} for row in found]


@given(table_rows())
@settings(max_examples=4, deadline=None)
def test_a_second_run_without_any_change_gives_the_same(tables: Tables) -> None:
    with resolve(warehouse(**tables)) as connection:
        before, linked = customers(connection), links(connection)
        promote(connection, tables)
        assert without_update(customers(connection)) == without_update(before)
        assert {key: link[0] for key, link in links(connection).items()} == {
            key: link[0] for key, link in linked.items()
        }


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("first_name", "Jean-Luc"),
        ("status", "vip"),
        ("email", "jean.luc@free.fr"),
        ("language", "en"),
        ("last_name", None),
    ],
)
def test_an_edit_by_the_application_wins(column: str, value: str | None) -> None:
    tables = {"prospects": [jean(phone="0611223344")]}
    with resolve(warehouse(**tables)) as connection:
        promote(connection, tables, lambda live: live[0].update({column: value}))
        assert customer(connection)[column] == value


def test_an_unedited_column_follows_the_records() -> None:
    with resolve(warehouse(prospects=[jean()])) as connection:
        promote(connection, {"prospects": [jean(first_name="Jeanne", status="contacted")]})
        row = customer(connection)
        assert (row["first_name"], row["status"]) == ("Jeanne", "prospect")


def test_an_email_that_the_application_wrote_ties_new_records() -> None:
    tables = {"prospects": [jean(phone="0611223344")]}
    with resolve(warehouse(**tables)) as connection:
        before = customer(connection)["id"]
        tables["appointments"] = [visit("a1", customer_email="Bureau@free.fr")]
        promote(connection, tables, lambda live: live[0].update(email="bureau@free.fr"))
        assert links(connection) == {("appointments", "a1"): (before, "email")}


def test_a_customer_that_gets_older_records_keeps_its_id() -> None:
    with resolve(warehouse(prospects=[jean()])) as connection:
        before = customer(connection)["id"]
        older = visit("a1", customer_email="jean@free.fr", created_at="2024-01-01")
        promote(connection, {"prospects": [jean()], "appointments": [older]})
        assert customer(connection)["id"] == before


def test_new_evidence_merges_two_customers_into_the_older() -> None:
    prospects = [
        jean(),
        jean(id="p2", email=None, phone="0611223344", created_at="2025-01-05 10:00:00"),
    ]
    with resolve(warehouse(prospects=prospects)) as connection:
        ids = customer_ids(connection)
        older, younger = ids["prospects", "p1"], ids["prospects", "p2"]
        assert older != younger
        both = visit("a1", customer_email="jean@free.fr", customer_phone="06 11 22 33 44")
        promote(connection, {"prospects": prospects, "appointments": [both]})
        assert customer(connection)["id"] == older
        assert set(customer_ids(connection).values()) == {older}
        assert rows(connection, "SELECT * FROM ssot.customer_merges") == [
            {
                "merged_id": younger,
                "customer_id": older,
                "tenant_id": "t1",
                "reason": "shared evidence",
            }
        ]


def test_evidence_that_falls_apart_splits_a_customer() -> None:
    phone = "0611223344"
    together = [
        jean(phone=phone),
        jean(id="p2", email="paul@free.fr", phone=phone, created_at="2025-01-05 10:00:00"),
    ]
    with resolve(warehouse(prospects=together)) as connection:
        before = customer(connection)["id"]
        apart = [together[0], together[1] | {"phone": "0699887701"}]
        promote(connection, {"prospects": apart})
        ids = customer_ids(connection)
        assert ids["prospects", "p1"] == before
        assert ids["prospects", "p2"] != before
        assert {row["email"] for row in customers(connection)} == {"jean@free.fr", "paul@free.fr"}
        assert rows(connection, "SELECT * FROM ssot.customer_merges") == []


def test_tags_of_the_application_stay_and_sources_are_added() -> None:
    tables = {"prospects": [jean()]}
    with resolve(warehouse(**tables)) as connection:
        assert customer(connection)["tags"] == '["prospects"]'
        tables["appointments"] = [visit("a1", customer_email="jean@free.fr")]
        promote(connection, tables, lambda live: live[0].update(tags='["vip", "prospects"]'))
        assert json.loads(customer(connection)["tags"]) == ["vip", "prospects", "appointments"]


@pytest.mark.parametrize(
    ("live", "seen", "merged"),
    [
        ('["vip"]', '["prospects"]', '["vip","prospects"]'),
        ('["prospects", "été"]', '["prospects"]', '["prospects", "été"]'),
        ("[]", '["prospects"]', '["prospects"]'),
        ("vip, fidèle", '["prospects"]', "vip, fidèle"),
        ('{"vip": true}', '["prospects"]', '{"vip": true}'),
        ("", '["prospects"]', ""),
    ],
)
def test_tags_are_merged_as_a_json_array_or_left_alone(live: str, seen: str, merged: str) -> None:
    assert merge_tags(live, seen) == merged


@pytest.mark.parametrize(
    ("phone", "language", "time_zone"),
    [
        ("06 11 22 33 44", "fr", "Europe/Paris"),
        ("+32 2 555 12 12", "fr", "Europe/Brussels"),
        ("+41 44 668 18 00", "fr", "Europe/Zurich"),
        ("+262 692 12 34 56", "fr", "Indian/Reunion"),
        ("+44 20 7946 0018", "en", "Europe/London"),
        ("+49 30 901820", "de", "Europe/Berlin"),
        (None, "fr", "Europe/Paris"),
    ],
)
def test_the_country_of_the_phone_tells_language_and_time_zone(
    phone: str | None, language: str, time_zone: str
) -> None:
    with resolve(warehouse(prospects=[jean(phone=phone)])) as connection:
        row = customer(connection)
        assert (row["language"], row["timezone"]) == (language, time_zone)
