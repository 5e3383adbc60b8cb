"""Who is who in records as people, agents and telephone systems leave them: a table to extend.

Each row of a table is a small group of records of one tenant and who of them is one customer.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from coccinelle_assets.resolution.explain import explain
from coccinelle_assets.resolution.questions import find
from coccinelle_assets.settings import IdentityRules
from coccinelle_assets_tests.resolution.warehouse import (
    customer_ids,
    customers,
    reasons,
    resolve,
    rows,
    unlinked,
    warehouse,
)

# (name, e-mail, phone) of an appointment each; the customers as groups of their places. Records
# that are in no group have no customer.
Group = list[tuple[str | None, str | None, str | None]]
PHONES: dict[str, tuple[list[str], list[set[int]]]] = {
    "masked numbers": (["0145XXXXXX", "0145xxxxxx", "01 45 ** ** **"], []),
    "letters that are no digits": (["061234dgfs", "06 12 34 DGFS"], []),
    "extensions": (
        [
            "01 44 55 66 78 ext. 12",
            "0144556678 poste 34",
            "+33144556678;ext=12",
            "01 44 55 66 78",
            "0144556678x12",
            "01 44 55 66 78 (poste n° 34)",
            "01 44 55 66 78 Ext12",
            "01.44.55.66.78,34",
            "01 44 55 66 78 p.12",
        ],
        [{0, 2, 4, 6, 8}, {1, 5, 7}, {3}],
    ),
    "withheld callers": (["266696687", "+266696687", "+17378742833", "7378742833"], []),
    "made up": (["0102030405", "0600000001", "06 00 00 00 00", "0123456789"], []),
    "Réunion": (["0692 12 34 56", "+262 692 12 34 56", "+33 692 12 34 56"], [{0, 1, 2}]),
    "Guadeloupe": (["0690 30 12 34", "+590690301234"], [{0, 1}]),
    "Guyane": (["0694 20 34 56", "00594 694 20 34 56"], [{0, 1}]),
    "Martinique": (["0696 20 34 56", "+596 696 20 34 56"], [{0, 1}]),
    "spreadsheets": (
        ["612784593.0", "6.12784593E+08", "612784593", "06 12 78 45 93"],
        [{0, 1, 2, 3}],
    ),
    "lost digits": (["6.12785E+08", "6.12785E+08"], []),
    "telephone systems": (
        [
            "sip:+33612784593@pbx.example;user=phone",
            '"Jean" <sip:0612784593@10.0.0.1>',
            "33612784593@s.whatsapp.net",
            "tel:612784593;phone-context=+33",
            "#31#0612784593",
            "3651 06 12 78 45 93",
            "33612784593",
        ],
        [{0, 1, 2, 3, 4, 5, 6}],
    ),
    "ids that are no numbers": (["messenger:4930123456789012", "33612784593-1600000000@g.us"], []),
    "international without a +": (["32475123456", "+32 475 12 34 56"], [{0, 1}]),
    "two numbers": (
        ["06 51 12 03 14 / 07 61 12 03 15", "0651120314", "07 61 12 03 15 (bureau)"],
        [{0, 1, 2}],
    ),
    "the last digits": (["01 44 55 66 78 / 79", "01 44 55 66 79"], [{0, 1}]),
    "remarks": (
        ["06 12 78 45 93 (mari)", "Tél. bureau : 06 12 78 45 93", "06.12.78.45.93 - après 18h"],
        [{0, 1, 2}],
    ),
    "full width": (["０６１２７８４５９３", "0612784593"], [{0, 1}]),
}
EMAILS: dict[str, tuple[list[str], list[set[int]]]] = {
    "made up": (["non@non.fr", "non@non.fr", "x@x.fr", "x@x.fr", "email@email.com"], []),
    "no reply": (["noreply+2@boite.fr", "noreply+2@boite.fr", "no-reply-rdv@boite.fr"], []),
    "several": (["jean@x.fr; j@y.fr", "j@y.fr", "JEAN@x.fr"], [{0, 1, 2}]),
    "with a name": (['"Dupont, Jean" <jean@x.fr>', "Jean <jean@x.fr>", "(jean@x.fr)"], [{0, 1, 2}]),
    "with a label": (
        ["email: jean@x.fr", "mailto:jean@x.fr?subject=RDV", "jean@x.fr;"],
        [{0, 1, 2}],
    ),
    "a slip is nobody else's": (["jean dupont@free.fr", "dupont@free.fr"], [{1}]),
    "an apostrophe is a letter": (["o'neil@x.fr", "neil@x.fr"], [{0}, {1}]),
    "one mailbox": (["gil.mail@gmail.com", "GilMail+rdv@googlemail.com"], [{0, 1}]),
    "a tag that the server may not know": (
        ["jean+a@petit-hebergeur.fr", "jean@petit-hebergeur.fr"],
        [{0}, {1}],
    ),
    "dots elsewhere": (["gil.mail@free.fr", "gilmail@free.fr"], [{0}, {1}]),
}
GROUPS: dict[str, tuple[Group, list[set[int]]]] = {
    "a forwarded line without names": (
        [(None, f"passage{n}@orange.fr", "06 98 16 54 10") for n in range(10)],
        [{n} for n in range(10)],
    ),
    "one person without a name": (
        [(None, "jean@x.fr", f"06 98 16 54 1{n}") for n in range(3)],
        [{0, 1, 2}],
    ),
    "a role's address": (
        [
            ("Ines Roy", "accueil@lambert.fr", None),
            ("Omar Petit", "accueil@lambert.fr", None),
            ("ROY Ines", "accueil@lambert.fr", None),
        ],
        [{0, 2}, {1}],
    ),
    "a role's address of one person": (
        [("Ines Roy", "contact@ines-roy.fr", None), (None, "contact@ines-roy.fr", None)],
        [{0, 1}],
    ),
    "a family's landline": (
        [
            ("Jean Martin", "jean@x.fr", "01 60 11 22 34"),
            ("Anne Martin", "anne@x.fr", "01 60 11 22 34"),
            ("Lea Martin", "lea@x.fr", "01 60 11 22 34"),
            ("Anne Martn", None, "01 60 11 22 34"),
        ],
        [{0}, {1, 3}, {2}],
    ),
    "the columns changed": (
        [
            ("Jean", "06 12 78 45 93", None),
            (None, None, "jean@x.fr"),
            (None, "jean@x.fr", "0612784593"),
        ],
        [{0, 1, 2}],
    ),
    "names that name nobody": (
        [
            (name, None, "06 12 78 45 93")
            for name in "null null,WhatsApp User,Inconnu,Client,-,undefined,M.".split(",")
        ],
        [{0, 1, 2, 3, 4, 5, 6}],
    ),
}  # fmt: skip


def split(records: Group, **settings: Any) -> list[set[int]]:
    """The customers of these appointments, each as the places of its records."""
    appointments = [
        {
            "id": f"a{place:03}",
            "tenant_id": "t1",
            "customer_name": name,
            "customer_email": email,
            "customer_phone": phone,
            "created_at": f"2025-01-01 00:{place:02}:00",
        }
        for place, (name, email, phone) in enumerate(records)
    ]
    with resolve(warehouse(appointments=appointments), **settings) as connection:
        groups: dict[str, set[int]] = defaultdict(set)
        for (_, record), customer_id in customer_ids(connection).items():
            groups[customer_id].add(int(record[1:]))
        shown = [(row["email"], row["phone"]) for row in customers(connection)]
        for values in zip(*shown, strict=True):
            held = [value for value in values if value]
            assert len(held) == len(set(held))
        assert set(unlinked(connection)) | set(customer_ids(connection)) == {
            ("appointments", row["id"]) for row in appointments
        }
    return sorted(groups.values(), key=min)


@pytest.mark.parametrize("case", PHONES)
def test_phones(case: str) -> None:
    spellings, expected = PHONES[case]
    assert split([(None, None, spelling) for spelling in spellings]) == expected


@pytest.mark.parametrize("case", EMAILS)
def test_emails(case: str) -> None:
    spellings, expected = EMAILS[case]
    assert split([(None, spelling, None) for spelling in spellings]) == expected


@pytest.mark.parametrize("case", GROUPS)
def test_groups(case: str) -> None:
    records, expected = GROUPS[case]
    assert split(records) == expected


def test_settings_give_what_was_before() -> None:
    records, _ = GROUPS["a family's landline"]
    assert split(records, shared_lines="always") == [{0, 1, 2, 3}]
    emails, _ = EMAILS["one mailbox"]
    assert split([(None, email, None) for email in emails], same_mailbox=False) == [{0}, {1}]


def test_a_bucket_prospect_ties_nobody_and_is_listed() -> None:
    visits = [
        {
            "id": f"a{n}",
            "tenant_id": "t1",
            "prospect_id": "walkin",
            "customer_name": f"{name} Passant",
            "customer_phone": f"06 45 12 7{n} 1{n}" if n else None,
        }
        for n, name in enumerate("Ana Bea Cid Dan Eve Fay".split())
    ]
    prospects = [{"id": "walkin", "tenant_id": "t1", "first_name": "Walk", "last_name": "In"}]
    with resolve(warehouse(prospects=prospects, appointments=visits)) as connection:
        assert len(customers(connection)) == 5
        assert reasons(connection)["t1", "prospect_id", "walkin"] == "shared"
        assert unlinked(connection)["appointments", "a0"] == "shared"


@pytest.mark.parametrize("written", ["1", "1.0", " 1", "1.00 "])
def test_a_spreadsheets_prospect_id_is_the_same_one(written: str) -> None:
    visits = [{"id": "a1", "tenant_id": "t1", "prospect_id": written}]
    prospects = [{"id": "1", "tenant_id": "t1", "email": "jean@x.fr"}]
    with resolve(warehouse(prospects=prospects, appointments=visits)) as connection:
        assert len(customer_ids(connection)) == 2
        assert len(customers(connection)) == 1


def test_what_the_row_has_no_room_for_is_kept() -> None:
    visits = [
        {"id": "a1", "tenant_id": "t1", "customer_email": "jean@x.fr; j@y.fr"},
        {"id": "a2", "tenant_id": "t1", "customer_email": "j@y.fr", "customer_phone": "0612784593"},
        {"id": "a3", "tenant_id": "t1", "customer_phone": "0612784593 / 0761120315"},
    ]
    with resolve(warehouse(appointments=visits)) as connection:
        (only,) = customers(connection)
        kept = rows(connection, "SELECT kind, value FROM ssot.other_identifiers")
        shown = {only["email"], only["phone"]}
        assert {row["value"] for row in kept} | shown == {
            "jean@x.fr", "j@y.fr", "+33612784593", "+33761120315",
        }  # fmt: skip
        assert len(kept) == 2


def test_a_whatsapp_account_has_a_country_code() -> None:
    written = [
        ("687751234", "WhatsApp"),
        ("06 87 75 12 34", "sms"),
        ("+687 75 12 34", "sms"),
        ("33687751234", "whatsapp"),
    ]
    talks = [
        {"id": f"c{n}", "tenant_id": "t1", "customer_phone": phone, "current_channel": channel}
        for n, (phone, channel) in enumerate(written, start=1)
    ]
    with resolve(warehouse(omni_conversations=talks)) as connection:
        found = {record: customer for (_, record), customer in customer_ids(connection).items()}
        assert found["c1"] == found["c3"]
        assert found["c2"] == found["c4"] != found["c1"]


TELLING = {
    "by setting": ([], {"tenant_regions": {"be": "BE"}}),
    "by country": ([("country", "Belgique")], {}),
    "by code": ([("country", "BE")], {}),
    "by own phone": ([("phone", "+32 2 555 12 12")], {}),
}


@pytest.mark.parametrize("way", TELLING)
def test_a_number_is_of_its_tenants_region(way: str) -> None:
    told, settings = TELLING[way]
    business = [
        {"tenant_id": "be", "source_table": "tenants", "kind": kind, "value": value}
        for kind, value in told
    ]
    visits = [
        {"id": f"{tenant}{n}", "tenant_id": tenant, "customer_phone": phone}
        for tenant in ("be", "fr")
        for n, phone in enumerate(["0475 12 34 56", "+32 475 12 34 56"])
    ]
    connection = warehouse(appointments=visits, business_identifiers=business)
    with resolve(connection, **settings):
        found = {record: customer for (_, record), customer in customer_ids(connection).items()}
        assert found["be0"] == found["be1"]
        assert found.get("fr0") != found["fr1"]


def test_a_number_in_the_emails_column_is_of_its_tenants_region() -> None:
    visits = [
        {"id": "a1", "tenant_id": "be", "customer_email": "0475 12 34 56"},
        {"id": "a2", "tenant_id": "be", "customer_phone": "+32 475 12 34 56"},
        {"id": "a3", "tenant_id": "be", "customer_email": "jean75@x.fr"},
    ]
    with resolve(warehouse(appointments=visits), tenant_regions={"be": "BE"}) as connection:
        found = {record: customer for (_, record), customer in customer_ids(connection).items()}
        assert found["a1"] == found["a2"]
        assert found.keys() == {"a1", "a2", "a3"}
        rules = IdentityRules(tenant_regions={"be": "BE"})
        assert find(connection, "0475/12.34.56", rules).customers == [found["a1"]]


def test_a_question_is_read_by_the_rules_of_the_run() -> None:
    visits = [{"id": "a1", "tenant_id": "t1", "customer_email": "gil.mail@gmail.com"}]
    for same_mailbox in (True, False):
        rules = IdentityRules(same_mailbox=same_mailbox)
        connection = warehouse(appointments=visits)
        with resolve(connection, same_mailbox=same_mailbox):
            assert len(find(connection, "gil.mail@gmail.com", rules).customers) == 1


def test_a_foreign_number_with_an_extension_tells_the_time_zone() -> None:
    visits = [{"id": "a1", "tenant_id": "t1", "customer_phone": "+49 30 901820 ext. 4"}]
    with resolve(warehouse(appointments=visits)) as connection:
        (only,) = customers(connection)
        assert (only["language"], only["timezone"]) == ("de", "Europe/Berlin")


def test_the_business_own_number_is_known_in_any_spelling() -> None:
    business = [
        {"tenant_id": "t1", "source_table": "tenants", "kind": "phone", "value": "0262 20 34 56"}
    ]
    visits = [
        {"id": f"a{n}", "tenant_id": "t1", "customer_name": name, "customer_phone": phone}
        for n, (name, phone) in enumerate(
            [("Ana", "+262 262 20 34 56"), ("Bea", "0262203456"), ("Cid", "0262 20 34 56 poste 3")]
        )
    ]
    with resolve(warehouse(appointments=visits, business_identifiers=business)) as connection:
        assert customers(connection) == []
        assert set(unlinked(connection).values()) == {"business_own"}


def test_dates_that_machines_write_order_the_records() -> None:
    prospects = [
        {
            "id": f"p{n}",
            "tenant_id": "t1",
            "email": "jean@x.fr",
            "first_name": "Jean",
            "last_name": last_name,
            "updated_at": updated_at,
        }
        for n, (last_name, updated_at) in enumerate(
            [("Neu", "1740824430123"), ("Alt", "1577836800")]
        )
    ]
    visits = [
        {
            "id": "a1",
            "tenant_id": "t1",
            "customer_email": "jean@x.fr",
            "appointment_date": "2025-03-01T10:20:30+0100",
        }
    ]
    with resolve(warehouse(prospects=prospects, appointments=visits)) as connection:
        (only,) = customers(connection)
        assert (only["last_name"], only["last_contact_at"]) == ("Neu", "2025-03-01 09:20:30")


def test_the_chain_names_the_detail_that_two_records_share() -> None:
    visits = [
        {"id": "a1", "tenant_id": "t1", "customer_email": "jean@x.fr"},
        {"id": "a2", "tenant_id": "t1", "customer_email": "autre@z.fr; jean@x.fr"},
        {"id": "a3", "tenant_id": "t1", "customer_phone": "autre@z.fr"},
    ]
    with resolve(warehouse(appointments=visits)) as connection:
        (only,) = customers(connection)
        chain = explain(connection, only["id"]).ties
        assert {tie.value for tie in chain if tie.reached_from} == {"jean@x.fr", "autre@z.fr"}
