"""/api/v1/appointments and /api/v1/conversations, on the shapes that tables have."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from coccinelle_assets_tests.api.server import Server, created, promoted_database, serving
from coccinelle_assets_tests.changes import contracted, install
from coccinelle_assets_tests.command_line import coccinelle
from coccinelle_assets_tests.people import ANNE, holds
from coccinelle_assets_tests.pipeline import Pipeline

APPOINTMENTS, CONVERSATIONS = "/api/v1/appointments", "/api/v1/conversations"
CUSTOMERS = "/api/v1/customers"


def etag_of(client: httpx.Client, path: str) -> dict[str, str]:
    return {"If-Match": client.get(path).headers["etag"]}


def test_a_changed_detail_asks_anew_whose_a_record_is(client: httpx.Client, server: Server) -> None:
    made = created(client, APPOINTMENTS, customer_email="nadia@neuf.fr")
    path = f"{APPOINTMENTS}/{made['id']}"
    changed = client.patch(path, json={"customer_email": "max@neuf.fr"}, headers={"If-Match": "*"})
    assert changed.json()["customer_id"] != made["customer_id"]
    nobody = client.patch(path, json={"customer_email": None}, headers=etag_of(client, path))
    assert nobody.json()["customer_id"] is None
    given = client.patch(
        path, json={"customer_id": made["customer_id"]}, headers=etag_of(client, path)
    )
    assert given.json()["customer_id"] == made["customer_id"]
    # Set by somebody: another detail changes nothing of it.
    kept = client.patch(path, json={"customer_phone": ANNE}, headers=etag_of(client, path))
    assert kept.json()["customer_id"] == made["customer_id"]
    assert holds(server.app.path)


def test_records_are_listed_by_customer_and_by_date(client: httpx.Client) -> None:
    for day in ("2031-01-01", "2031-01-02T10:00:00+02:00", "2031-01-03 09:30"):
        created(client, APPOINTMENTS, customer_email="dates@neuf.fr", appointment_date=day)
    page = client.get(APPOINTMENTS, params={"since": "2031-01-02", "until": "2031-01-03"}).json()
    assert [item["appointment_date"] for item in page["items"]] == ["2031-01-02 08:00:00"]
    for moment in ("2031-02-30", "soon", "2031-01-01T25:00", "0001-01-01T00:00:00+14:00"):
        assert client.get(APPOINTMENTS, params={"since": moment}).status_code == 422
        answer = client.post(APPOINTMENTS, json={"appointment_date": moment})
        assert answer.status_code == 422, moment


def test_the_applications_own_columns_are_written_and_shown(client: httpx.Client) -> None:
    made = created(
        client, APPOINTMENTS, attributes={"notes": "côté jardin", "duration_minutes": 45}
    )
    assert made["attributes"]["notes"] == "côté jardin"
    assert made["attributes"]["duration_minutes"] == 45
    for name in ("nothing", "id", "tenant_id", "customer_id", 'x" = 1; --'):
        answer = client.post(APPOINTMENTS, json={"attributes": {name: "x"}})
        assert answer.status_code == 422
    endless = client.post(
        APPOINTMENTS,
        content='{"attributes": {"duration_minutes": 1e999}}',
        headers={"content-type": "application/json"},
    )
    assert endless.status_code == 422
    huge = client.post(APPOINTMENTS, json={"attributes": {"duration_minutes": 10**30}})
    assert huge.status_code == 422


def test_whatever_a_row_holds_is_shown_as_json(own_server: Server) -> None:
    own_server.app.execute(
        "UPDATE appointments SET notes = x'00ff', duration_minutes = 9e999,"
        " customer_name = CAST(x'ff' AS TEXT), appointment_date = 17 WHERE id = 'a1'"
    )
    with own_server.client() as client:
        shown = client.get(f"{APPOINTMENTS}/a1").json()
        assert shown["attributes"]["duration_minutes"] == "inf"
        assert shown["appointment_date"] == "17"
        assert len(client.get(APPOINTMENTS).json()["items"]) == 2


def test_a_rule_of_the_applications_table_is_named(own_server: Server) -> None:
    own_server.app.execute("CREATE TABLE strict_ones (id TEXT PRIMARY KEY, must TEXT NOT NULL)")
    own_server.app.execute(
        "CREATE TRIGGER no_sundays BEFORE INSERT ON appointments WHEN NEW.notes = 'sunday'"
        " BEGIN SELECT RAISE(ABORT, 'closed on sundays'); END"
    )
    with own_server.client() as client:
        answer = client.post(APPOINTMENTS, json={"attributes": {"notes": "sunday"}})
        assert answer.status_code == 422
        assert "closed on sundays" in answer.text
        assert client.get(APPOINTMENTS, params={"limit": 1}).status_code == 200


def test_what_is_broken_of_the_applications_own_is_not_said_to_be_rolled_back(
    own_server: Server,
) -> None:
    own_server.app.execute(
        "CREATE TRIGGER broken AFTER INSERT ON appointments"
        " BEGIN INSERT INTO app_log VALUES (NEW.id); END"
    )
    with own_server.client() as client:
        answer = client.post(APPOINTMENTS, json={"customer_phone": ANNE})
        assert answer.status_code == 500
        assert "app_log" not in answer.text
        assert client.get(APPOINTMENTS).status_code == 200
    assert "no such table: main.app_log" in own_server.said
    assert own_server.app.rows("SELECT count(*) FROM appointments") == [(2,)]


def test_a_tenants_own_number_ties_nobody_though_no_run_knows_the_tenant(
    own_server: Server,
) -> None:
    """A caller whose number is hidden behind the business' own."""
    own_server.app.execute(
        "INSERT INTO tenants (id, name, api_key, phone) VALUES ('t3', 't3', 'k3', '01 44 55 66 78')"
    )
    headers = {"x-api-key": "k3"}
    with httpx.Client(base_url=own_server.url, headers=headers) as client:
        for spelling in ("+33144556678", "01.44.55.66.78 poste 3"):
            made = created(client, APPOINTMENTS, customer_name="A B", customer_phone=spelling)
            assert made["customer_id"] is None
            assert made["link"]["rejected"] == [{"kind": "phone", "reason": "business_own"}]


def test_dates_are_compared_as_a_run_reads_them(own_server: Server) -> None:
    own_server.app.execute(
        "UPDATE appointments SET appointment_date = '2031-01-02T10:00:00+0200' WHERE id = 'a1'"
    )
    own_server.app.execute(
        "UPDATE appointments SET appointment_date = '1925035200' WHERE id = 'a2'"
    )
    with own_server.client() as client:
        for since, found in (("2031-01-02 08:00", {"a1"}), ("2031-01-02 08:00:01", set())):
            page = client.get(APPOINTMENTS, params={"since": since}).json()
            assert {item["id"] for item in page["items"]} == found
        page = client.get(APPOINTMENTS, params={"since": "2031-01-01", "until": "2031-01-02"})
        assert [item["id"] for item in page.json()["items"]] == ["a2"]


def test_a_table_that_numbers_its_rows(tmp_path: Path) -> None:
    app = promoted_database(tmp_path / "app.db")
    assert coccinelle("rollback", app.path).returncode == 0
    (definition,) = app.rows("SELECT sql FROM sqlite_master WHERE name = 'appointments'")[0]
    app.execute("DROP TABLE appointments")
    app.execute(definition.replace("id TEXT PRIMARY KEY", "id INTEGER PRIMARY KEY"))
    app.appointment(id=7, customer_phone=ANNE)
    Pipeline(app.path).run()
    with serving(app) as server, server.client() as client:
        made = [created(client, APPOINTMENTS, customer_email="n@neuf.fr") for _ in range(9)]
        assert [row["id"] for row in made] == [str(number) for number in range(8, 17)]
        assert len({row["customer_id"] for row in made}) == 1
        seen: list[str] = []
        filters = {"limit": "2"}
        while True:
            page = client.get(APPOINTMENTS, params=filters).json()
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            filters["cursor"] = page["next_cursor"]
        assert sorted(seen, key=int) == [str(number) for number in range(7, 17)]
        path = f"{APPOINTMENTS}/8"
        changed = client.patch(path, json={"customer_phone": ANNE}, headers={"If-Match": "*"})
        assert changed.status_code == 200
    pipeline = Pipeline(app.path, max_customer_drift=1000.0)
    pipeline.run()
    assert holds(app.path)


@pytest.mark.parametrize("triggers", [False, True])
def test_statistics_are_true_after_every_write(tmp_path: Path, triggers: bool) -> None:
    app = promoted_database(tmp_path / "app.db")
    if triggers:
        install(app)
    with serving(app) as server, server.client() as client:
        made = created(client, CONVERSATIONS, customer_phone=ANNE, last_message_at="2032-05-06")
        anne = client.get(f"{CUSTOMERS}/{made['customer_id']}").json()
        assert anne["statistics"]["total_conversations"] == 2
        assert anne["statistics"]["last_contact_at"] == "2032-05-06 00:00:00"
        path = f"{CONVERSATIONS}/{made['id']}"
        client.patch(path, json={"customer_id": None}, headers={"If-Match": "*"})
        anne = client.get(f"{CUSTOMERS}/{anne['id']}").json()
        assert anne["statistics"]["total_conversations"] == 1
    assert holds(app.path)


def test_contracted_tables_keep_the_link_alone(tmp_path: Path) -> None:
    app = promoted_database(tmp_path / "app.db")
    install(app)
    contracted(app)
    with serving(app) as server, server.client() as client:
        made = created(client, APPOINTMENTS, customer_name="Luc Roux", customer_email="luc@roux.fr")
        assert made["link"]["created"]
        assert made["customer_email"] is None
        again = created(client, CONVERSATIONS, customer_email="LUC@roux.fr")
        assert again["customer_id"] == made["customer_id"]
    Pipeline(app.path).run()
    assert holds(app.path)
    assert app.rows("SELECT last_name FROM customers WHERE email = 'luc@roux.fr'") == [("Roux",)]


def test_columns_under_other_names_and_without_stamps(tmp_path: Path) -> None:
    app = promoted_database(tmp_path / "app.db")
    app.execute("ALTER TABLE appointments RENAME COLUMN appointment_date TO scheduled_at")
    app.execute("ALTER TABLE appointments DROP COLUMN updated_at")
    with serving(app) as server, server.client() as client:
        made = created(client, APPOINTMENTS, customer_phone=ANNE, appointment_date="2030-01-01")
        assert made["appointment_date"] == "2030-01-01 00:00:00"
        path = f"{APPOINTMENTS}/{made['id']}"
        changed = client.patch(
            path, json={"appointment_date": "2030-02-01"}, headers={"If-Match": "*"}
        )
        assert changed.json()["appointment_date"] == "2030-02-01 00:00:00"
        assert changed.json()["updated_at"] is None
        assert len(client.get(APPOINTMENTS).json()["items"]) == 3
    assert holds(app.path)
