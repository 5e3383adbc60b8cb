"""/api/v1/customers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from coccinelle_assets_tests.api.server import Server, created
from coccinelle_assets_tests.people import ANNE, HOSTILE, JEAN

CUSTOMERS = "/api/v1/customers"


def one(client: httpx.Client, **filters: str) -> dict[str, Any]:
    (found,) = client.get(CUSTOMERS, params=filters).json()["items"]
    return found


def fresh_email() -> str:
    return f"{uuid4().hex[:12]}@neuf.fr"


def test_a_customer_is_found_by_anything_it_is_known_by(client: httpx.Client) -> None:
    jean = one(client, email="jean@ex.fr")
    assert one(client, email=" JEAN.pro@ex.fr ")["id"] == jean["id"]
    assert one(client, phone="06.11.47.82.93")["id"] == jean["id"]
    shown = client.get(f"{CUSTOMERS}/{jean['id']}").json()
    assert shown["identifiers"] == [
        {"kind": "email", "value": "jean.pro@ex.fr"},
        {"kind": "email", "value": "jean@ex.fr"},
        {"kind": "phone", "value": JEAN},
    ]
    assert shown["statistics"]["total_appointments"] == 2


def test_names_are_found_by_their_beginnings(client: httpx.Client) -> None:
    created(client, CUSTOMERS, first_name="Élodie", last_name="Zéphirin", email=fresh_email())
    for q in ("zéph", "Zéphirin élo", "ÉLO", "zé"):
        assert one(client, q=q)["last_name"] == "Zéphirin"
    assert client.get(CUSTOMERS, params={"q": "éphirin"}).json()["items"] == []
    assert client.get(CUSTOMERS, params={"q": "a b c d e"}).status_code == 422


def test_a_search_by_name_reads_along_an_index(server: Server) -> None:
    from coccinelle_assets.api.store import api_sql

    query = api_sql("named", **{"from": "a", "to": "b"})
    values = {"tenant": "t1", "a": "x", "b": "y"}
    with server.app.connect() as live:
        plan = str(live.execute(f"EXPLAIN QUERY PLAN {query}", values).fetchall())
    assert "SCAN" not in plan
    assert "idx_customers_tenant_last_name" in plan
    assert "idx_customers_tenant_first_name" in plan


def test_pages_have_every_customer_once_in_the_order_of_age(client: httpx.Client) -> None:
    made = [created(client, CUSTOMERS, email=fresh_email())["id"] for _ in range(7)]
    seen: list[str] = []
    cursor = None
    while True:
        filters = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = client.get(CUSTOMERS, params=filters).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert set(made) <= set(seen)


@pytest.mark.parametrize("cursor", ["!", "e30", "WzFd", "Ww", "x" * 999, "W251bGwsMV0"])
def test_any_other_text_is_no_cursor(client: httpx.Client, cursor: str) -> None:
    answer = client.get(CUSTOMERS, params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.cursor"


def test_who_shares_an_identifier_that_the_row_does_not_show_is_there(
    client: httpx.Client,
) -> None:
    jean = one(client, email="jean@ex.fr")
    answer = client.post(CUSTOMERS, json={"email": "jean.pro@ex.fr", "phone": ANNE})
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["matched"][jean["id"]] == ["email"]
    assert len(problem["matched"]) == 2
    assert problem["existing_id"] in problem["matched"]


def test_a_change_wins_over_what_the_records_say(own_server: Server) -> None:
    from coccinelle_assets_tests.pipeline import Pipeline

    with own_server.client() as client:
        anne = one(client, phone=ANNE)
        path = f"{CUSTOMERS}/{anne['id']}"
        version = client.get(path).headers["etag"]
        patch = {"last_name": "Morel-Roux", "email": "anne@lilas.fr", "tags": ["vip"]}
        changed = client.patch(path, json=patch, headers={"If-Match": version})
        assert changed.status_code == 200
        assert changed.headers["etag"] != version
        made = created(client, "/api/v1/appointments", customer_email="Anne@lilas.fr")
        assert made["customer_id"] == anne["id"]
        pipeline = Pipeline(own_server.app.path)
        pipeline.run()
        shown = client.get(path).json()
    assert (shown["last_name"], shown["email"]) == ("Morel-Roux", "anne@lilas.fr")
    assert "vip" in shown["tags"]
    assert shown["statistics"]["total_appointments"] == 1


def test_a_merged_id_leads_to_the_survivor_and_takes_no_change(own_server: Server) -> None:
    from coccinelle_assets_tests.pipeline import Pipeline

    app = own_server.app
    pipeline = Pipeline(app.path)
    with own_server.client() as client:
        jean, anne = one(client, email="jean@ex.fr"), one(client, phone=ANNE)
        both = created(
            client, "/api/v1/appointments", customer_email="jean@ex.fr", customer_phone=ANNE
        )
        assert both["link"]["others"] == [anne["id"]]
        pipeline.run()
        shown = client.get(f"{CUSTOMERS}/{anne['id']}")
        assert shown.status_code == 200
        assert shown.json()["id"] == jean["id"]
        assert shown.json()["merged_from"] == anne["id"]
        assert shown.headers["content-location"] == f"{CUSTOMERS}/{jean['id']}"
        refused = [
            client.patch(f"{CUSTOMERS}/{anne['id']}", json={}, headers={"If-Match": "*"}),
            client.delete(f"{CUSTOMERS}/{anne['id']}"),
            client.post("/api/v1/appointments", json={"customer_id": anne["id"]}),
        ]
        for answer in refused:
            assert answer.status_code == 409
            assert answer.json()["merged_into"] == jean["id"]
        listed = client.get("/api/v1/conversations", params={"customer_id": anne["id"]}).json()
        assert [item["id"] for item in listed["items"]] == ["c1"]
        with own_server.client("t2") as other:
            assert other.get(f"{CUSTOMERS}/{anne['id']}").status_code == 404


def test_who_is_deleted_is_made_anew_or_left_as_the_setting_says(own_server: Server) -> None:
    from coccinelle_assets_tests.pipeline import Pipeline

    app = own_server.app
    with own_server.client() as client:
        made = created(client, "/api/v1/appointments", customer_email="luc@roux.fr")
        jean = one(client, email="jean@ex.fr")
        for customer_id in (made["customer_id"], jean["id"]):
            assert client.delete(f"{CUSTOMERS}/{customer_id}").status_code == 204
            assert client.get(f"{CUSTOMERS}/{customer_id}").status_code == 404
        assert app.rows("SELECT count(customer_id) FROM appointments") == [(0,)]
    Pipeline(app.path, deleted_customers="recreate", max_customer_drift=1000.0).run()
    assert app.rows("SELECT count(customer_id) FROM appointments") == [(3,)]


def test_why_records_are_one_customer_is_said(own_server: Server) -> None:
    app = own_server.app
    warehouse = app.home / "warehouse.duckdb"
    from coccinelle_assets_tests.pipeline import Pipeline

    pipeline = Pipeline(app.path, str(warehouse))
    pipeline.run()
    pipeline.warehouse.close()
    with own_server.client() as client:
        jean = one(client, email="jean@ex.fr")
        said = client.get(f"{CUSTOMERS}/{jean['id']}/explain").json()
        assert said["judged"]
        assert {"appointments/a1", "appointments/a2"} <= {tie["record"] for tie in said["ties"]}
        made = created(client, CUSTOMERS, email=fresh_email())
        said = client.get(f"{CUSTOMERS}/{made['id']}/explain").json()
        assert (said["judged"], said["ties"]) == (False, [])


def test_hostile_text_comes_back_as_it_went_in(client: httpx.Client) -> None:
    text = HOSTILE + "\u202e\U0001f41e 日本"
    made = created(client, CUSTOMERS, first_name=text, tags=[text], email=fresh_email())
    shown = client.get(f"{CUSTOMERS}/{made['id']}").json()
    assert (shown["first_name"], shown["tags"]) == (text, [text])
    for path in (f"{CUSTOMERS}/{quote(text)}", f"{CUSTOMERS}/..%2f..%2fetc", f"{CUSTOMERS}/%00"):
        assert client.get(path).status_code in (404, 422)
    for name in ("email", "phone", "q", "status", "updated_since"):
        answer = client.get(CUSTOMERS, params={name: text[:200]})
        assert answer.status_code in (200, 422)
        assert "sqlite" not in answer.text.lower()


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '{"first_name": "\\ud800"}', '{"first_name": "a\\u0000"}', "1"]
)
def test_what_is_no_customer_is_refused(client: httpx.Client, body: str) -> None:
    headers = {"content-type": "application/json"}
    answer = client.post(CUSTOMERS, content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.text)["type"] == "urn:coccinelle:problem:invalid"
