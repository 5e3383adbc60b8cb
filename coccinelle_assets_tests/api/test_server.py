"""The server as a process: many at once, keys, limits, killed, busy, refused."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from coccinelle_assets.api.app import contract_app
from coccinelle_assets.api.conformance import Server as Conforming
from coccinelle_assets.api.conformance import run as conformance
from coccinelle_assets_tests.api.server import (
    KEYS,
    Server,
    created,
    promoted_database,
    serving,
)
from coccinelle_assets_tests.command_line import coccinelle
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import ANNE, JEAN, holds
from coccinelle_assets_tests.pipeline import Pipeline

ROOT = Path(__file__).parents[2]
APPOINTMENTS, CUSTOMERS = "/api/v1/appointments", "/api/v1/customers"
AT_ONCE = 200


def test_the_contract_in_the_repository_is_the_codes() -> None:
    written = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    assert written == contract_app().openapi(), (
        "python -m coccinelle_assets.api > docs/openapi.json"
    )


def test_the_server_conforms(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert conformance(Conforming(server.url, KEYS["t1"], KEYS["t2"])) == 0, capsys.readouterr().out


def test_conformance_fails_where_nobody_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert conformance(Conforming("http://127.0.0.1:9", "key", None)) > 10
    assert "FAIL" in capsys.readouterr().out


def test_two_tenants_reach_nothing_of_each_other(server: Server) -> None:
    with server.client("t1") as one, server.client("t2") as other:
        made = created(one, APPOINTMENTS, customer_email="a@secret.fr", customer_phone=JEAN)
        customer = made["customer_id"]
        for path in (
            f"{CUSTOMERS}/{customer}", f"{APPOINTMENTS}/{made['id']}",
            f"{CUSTOMERS}/{customer}/explain",
        ):  # fmt: skip
            assert one.get(path).status_code == 200
            assert other.get(path).status_code == 404
            unchanged = other.patch(path, json={}, headers={"If-Match": "*"})
            assert unchanged.status_code in (404, 405)
            assert other.delete(path).status_code in (404, 405)
        assert other.get(CUSTOMERS, params={"email": "a@secret.fr"}).json()["items"] == []
        assert other.get(APPOINTMENTS, params={"customer_id": customer}).json()["items"] == []
        linked = other.post(APPOINTMENTS, json={"customer_id": customer})
        assert linked.status_code == 422
        own = created(other, APPOINTMENTS, customer_phone=JEAN)
        assert own["customer_id"] != customer


def test_who_has_no_key_or_one_of_two_tenants_is_nobody(own_server: Server) -> None:
    own_server.app.execute("INSERT INTO tenants (id, name, api_key) VALUES ('t3', 't3', '')")
    own_server.app.execute(
        "INSERT INTO tenants (id, name, api_key) VALUES ('t4', 't4', ?)", (KEYS["t2"],)
    )
    with own_server.client(None) as client:
        for headers in (
            {}, {"x-api-key": ""}, {"x-api-key": "KEY-OF-T1"}, {"authorization": "Bearer"},
            {"authorization": "Basic a2V5"}, {"x-api-key": KEYS["t2"]},
        ):  # fmt: skip
            answer = client.get(CUSTOMERS, headers=headers)
            assert answer.status_code == 401, headers
            assert answer.headers["www-authenticate"] == "Bearer"
        assert client.get(CUSTOMERS, params={"x-api-key": KEYS["t1"]}).status_code == 401
        bearer = {"authorization": f"Bearer {KEYS['t1']}"}
        assert client.get(CUSTOMERS, headers=bearer).status_code == 200


def test_a_hundred_at_once_make_one_customer(server: Server) -> None:
    def arrive(number: int) -> str:
        with server.client() as client:
            body = {"customer_email": "Foule@neuf.fr", "attributes": {"notes": str(number)}}
            return client.post(APPOINTMENTS, json=body).raise_for_status().json()["customer_id"]

    with ThreadPoolExecutor(AT_ONCE) as threads:
        ids = set(threads.map(arrive, range(AT_ONCE)))
    assert len(ids) == 1
    with server.client() as client:
        shown = client.get(f"{CUSTOMERS}/{ids.pop()}").json()
    assert shown["statistics"]["total_appointments"] == AT_ONCE
    assert holds(server.app.path)


def test_a_promotion_in_the_middle_loses_nothing(own_server: Server) -> None:
    stop = threading.Event()
    made: list[str] = []

    def write(who: int) -> None:
        with own_server.client() as client:
            number = 0
            while not stop.is_set():
                number += 1
                body = {"customer_email": f"p{(who + number) % 7}@neuf.fr"}
                answer = client.post(APPOINTMENTS, json=body).raise_for_status()
                made.append(answer.json()["id"])

    writers = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for writer in writers:
        writer.start()
    pipeline = Pipeline(own_server.app.path, max_customer_drift=1000.0, busy_timeout_seconds=30)
    for _ in range(3):
        pipeline.run()
    stop.set()
    for writer in writers:
        writer.join()
    pipeline.run()
    app = own_server.app
    assert {row[0] for row in app.rows("SELECT id FROM appointments")} >= set(made)
    rows = app.rows("SELECT count(DISTINCT customer_id), count(*) - count(customer_id) FROM"
                    " appointments WHERE customer_email LIKE '%@neuf.fr'")  # fmt: skip
    assert rows == [(7, 0)]
    assert holds(app.path)
    assert not pipeline.run().wrote


def test_killed_while_it_writes_nothing_is_half_written(tmp_path: Path) -> None:
    app = promoted_database(tmp_path / "app.db")
    answered: list[str] = []
    for seconds in (0.1, 0.25, 0.4):
        with serving(app) as server:
            done = threading.Event()

            def write(server: Server = server, done: threading.Event = done) -> None:
                with server.client() as client:
                    for number in range(10_000):
                        try:
                            body = {"customer_email": f"k{number % 50}@neuf.fr"}
                            answer = client.post(APPOINTMENTS, json=body)
                        except httpx.HTTPError:
                            break
                        answered.append(answer.json()["id"])
                done.set()

            threading.Thread(target=write).start()
            time.sleep(seconds)
            server.kill()
            assert done.wait(30)
    assert {row[0] for row in app.rows("SELECT id FROM appointments")} >= set(answered)
    assert holds(app.path)
    loose = "SELECT count(*) FROM appointments WHERE customer_id IS NULL"
    assert app.rows(loose) == [(0,)]
    Pipeline(app.path, max_customer_drift=1000.0).run()
    assert holds(app.path)


def test_a_request_is_done_once_under_its_key(server: Server) -> None:
    headers = {"Idempotency-Key": "k-1"}
    body = {"customer_email": "once@neuf.fr"}
    with server.client() as client, server.client("t2") as other:
        first = client.post(APPOINTMENTS, json=body, headers=headers)
        again = client.post(APPOINTMENTS, json=body, headers=headers)
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["location"] == first.headers["location"]
        reused = client.post(APPOINTMENTS, json=body | {"customer_phone": ANNE}, headers=headers)
        assert reused.status_code == 422
        # Another tenant's key is another key; and so is that of another operation told apart.
        assert other.post(APPOINTMENTS, json=body, headers=headers).status_code == 201
        assert client.post(CUSTOMERS, json={"email": "x@y.fr"}, headers=headers).status_code == 422


def test_many_at_once_under_one_key_are_one(server: Server) -> None:
    def arrive(_: int) -> int:
        with server.client() as client:
            return client.post(
                APPOINTMENTS,
                json={"customer_email": "flight@neuf.fr"},
                headers={"Idempotency-Key": "in-flight"},
            ).status_code

    with ThreadPoolExecutor(20) as threads:
        statuses = set(threads.map(arrive, range(20)))
    assert statuses <= {201, 409}
    assert 201 in statuses
    rows = "SELECT count(*) FROM appointments WHERE customer_email = 'flight@neuf.fr'"
    assert server.app.rows(rows) == [(1,)]


def test_a_busy_database_is_waited_for_and_then_said(tmp_path: Path) -> None:
    app = promoted_database(tmp_path / "app.db")
    with (
        serving(app, COCCINELLE_BUSY_TIMEOUT_SECONDS="0.4") as server,
        server.client() as client,
    ):
        writer = sqlite3.connect(app.path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        refused = client.post(APPOINTMENTS, json={"customer_phone": ANNE})
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert client.get(CUSTOMERS).status_code == 200
        writer.execute("COMMIT")
        writer.close()
        created(client, APPOINTMENTS, customer_phone=ANNE)


def test_after_a_rollback_there_is_nothing_to_serve_until_the_next_run(own_server: Server) -> None:
    assert coccinelle("rollback", own_server.app.path).returncode == 0
    with own_server.client() as client:
        assert client.get(CUSTOMERS).status_code == 503
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        left = own_server.app.rows("SELECT name FROM sqlite_master WHERE name LIKE '%customer%'")
        assert left == []


def test_a_body_that_never_ends_is_refused(server: Server) -> None:
    def chunks() -> object:
        for _ in range(100):
            yield b" " * 10_000

    with server.client() as client:
        answer = client.post(
            APPOINTMENTS, content=chunks(), headers={"content-type": "application/json"}
        )
    assert answer.status_code == 413


def test_what_is_not_there_or_not_so_is_a_problem_too(client: httpx.Client) -> None:
    for answer, status in (
        (client.get("/nowhere"), 404),
        (client.put(CUSTOMERS), 405),
        (client.post(CUSTOMERS, content="<x/>", headers={"content-type": "text/xml"}), 415),
    ):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"].startswith("urn:coccinelle:problem:")
    assert client.put(CUSTOMERS).headers["allow"] == "GET, POST"


def test_the_docs_need_no_network(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
        path = next(part for part in page.text.split('"') if part.endswith(asset))
        assert client.get(path).status_code == 200
    assert client.get("/openapi.json").json()["openapi"].startswith("3.1")


def test_the_log_tells_no_details(own_server: Server) -> None:
    with own_server.client() as client:
        client.get(CUSTOMERS, params={"email": "secret@ex.fr"})
        client.get(f"{CUSTOMERS}/cust_secret")
    # A request is logged when it has been answered: the last line may come after its answer.
    own_server.process.terminate()
    own_server.process.wait(30)
    lines = [json.loads(line) for line in own_server.said.splitlines() if line.startswith("{")]
    assert [(line["route"], line["status"], line["tenant"]) for line in lines] == [
        (CUSTOMERS, 200, "t1"),
        (f"{CUSTOMERS}/{{customer_id}}", 404, "t1"),
    ]
    assert "secret" not in own_server.said
    assert KEYS["t1"] not in own_server.said


def test_what_cannot_be_served_is_refused_and_left_alone(tmp_path: Path) -> None:
    app = AppDatabase(tmp_path / "app.db")
    before = app.path.read_bytes()
    refused = coccinelle("serve", app.path, "--port", "0")
    assert refused.returncode == 1
    assert "coccinelle migrate" in refused.stderr
    assert app.path.read_bytes() == before
    d1 = coccinelle("serve", "d1:app")
    assert d1.returncode == 1
    assert "docs/api.md" in d1.stderr
    keyless = promoted_database(tmp_path / "keyless.db")
    keyless.execute("ALTER TABLE tenants DROP COLUMN api_key")
    refused = coccinelle("serve", keyless.path, "--port", "0")
    assert refused.returncode == 1
    assert "tenants.api_key" in refused.stderr


def test_a_port_in_use_is_said(server: Server, tmp_path: Path) -> None:
    app = promoted_database(tmp_path / "app.db")
    refused = coccinelle("serve", app.path, "--port", server.url.rpartition(":")[2])
    assert refused.returncode == 1
    assert "choose another --host or --port" in refused.stderr


def test_told_to_stop_it_stops(tmp_path: Path) -> None:
    app = promoted_database(tmp_path / "app.db")
    with serving(app) as server:
        server.process.terminate()
        assert server.process.wait(15) in (0, 143, -15)
        assert "Traceback" not in server.said
