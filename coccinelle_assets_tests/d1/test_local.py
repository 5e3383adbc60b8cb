"""On a real local D1: the promotion that SQLite gets, whatever happens meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from coccinelle_assets.demo import write_demo_database
from coccinelle_assets.errors import CoccinelleError, PromotionRefusedError
from coccinelle_assets.live.contraction.contract import contract
from coccinelle_assets.live.d1.wrangler import Wrangler, WranglerError
from coccinelle_assets.live.promotion.run import promote_to
from coccinelle_assets.live.rollback.rollback import roll_back
from coccinelle_assets.live.statistics.triggers import install_triggers
from coccinelle_assets.live.verify import verify
from coccinelle_assets.location import locate
from coccinelle_assets_tests.command_line import coccinelle
from coccinelle_assets_tests.d1.conftest import BINARIES, NAME, Project
from coccinelle_assets_tests.database_state import application_state
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import HOSTILE
from coccinelle_assets_tests.pipeline import Pipeline

pytestmark = pytest.mark.d1
PEOPLE = 500


def promote(app: AppDatabase) -> Callable[[sqlite3.Connection], Any]:
    """The publication of a plan made from the application's database."""
    pipeline = Pipeline(app.path)
    pipeline.plan()
    pipeline.runs += int(time.time())
    return lambda live: promote_to(live, pipeline.promotion())


@pytest.fixture
def people(app: AppDatabase) -> AppDatabase:
    """Five hundred people, each with a prospect and an appointment."""
    with closing(app.connect()) as connection, connection:
        for number in range(PEOPLE):
            email, moment = f"person{number}@ex.fr", "2025-01-01 10:00:00"
            connection.execute(
                "INSERT INTO prospects (id, tenant_id, first_name, last_name, email, created_at)"
                " VALUES (?, 't1', 'Jean', ?, ?, ?)",
                (f"p{number}", f"Name{number}", email, moment),
            )
            connection.execute(
                "INSERT INTO appointments (id, tenant_id, customer_name, customer_email,"
                " appointment_date, created_at) VALUES (?, 't1', 'Jean', ?, ?, ?)",
                (f"a{number}", email, moment, moment),
            )
    return app


def test_a_mirror_holds_every_value_as_it_is(app: AppDatabase, project: Project) -> None:
    app.execute("CREATE TABLE odd (id TEXT PRIMARY KEY, value)")
    app.execute("CREATE TABLE keyless (a, b)")
    app.execute("INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (NULL, x'00')")
    odd = (9007199254740993, -(2**63), 0.1, 1e300, b"\x00\xff", HOSTILE, "a\x00b", "l" * 300_000)
    for number, value in enumerate(odd):
        app.insert("odd", {"id": f"o{number}", "value": value})
    app.execute("INSERT INTO odd VALUES ('broken', CAST(x'ff41' AS TEXT))")
    app.prospect(id="p1", first_name=HOSTILE, email="BEGIN TRANSACTION;@ex.fr", source="COMMIT;")
    project.load(app.path)
    project.assert_holds(app.path)


@pytest.mark.parametrize("text", ["[[d1_databases", "[[d1_databases]]\nbinding = 5"])
def test_a_broken_configuration_is_told_at_once(text: str, project: Project) -> None:
    with (project.directory / "wrangler.toml").open("a") as file:
        file.write(f"\n{text}\n")
    options = (f"d1:{NAME}", "--local", "--wrangler-dir", project.directory)
    # Were it tried again, it would be for ten minutes.
    done = coccinelle("verify", *options, timeout=60, COCCINELLE_BUSY_TIMEOUT_SECONDS="600")
    assert done.returncode == 1
    assert "TOML" in done.stderr or "wrangler.toml configuration" in done.stderr


OTHER_VERSION = """#!/bin/sh
echo '[{"results": []}, {"results": []}, {"results": []}]'
"""


def test_answers_are_counted_against_questions(project: Project) -> None:
    program = project.directory / "node_modules" / ".bin" / "wrangler"
    program.parent.mkdir(parents=True)
    program.write_text(OTHER_VERSION)
    program.chmod(0o755)
    with pytest.raises(CoccinelleError, match=r"gave 3 answers to 1 statements.*update it"):
        project.database.wrangler.query("SELECT CASE 1 WHEN 1 THEN 2 END")


@pytest.mark.parametrize("command", ["migrate", "verify", "history", "triggers"])
def test_an_empty_database_is_told_as_such(command: str, project: Project) -> None:
    options = (f"d1:{NAME}", "--local", "--wrangler-dir", project.directory)
    done = coccinelle(command, *options, timeout=60)
    assert done.returncode == 1, done.stdout
    assert "Error" in done.stderr


def test_every_change_is_what_sqlite_gets_and_a_rollback_gives_the_original_back(
    people: AppDatabase, project: Project, tmp_path: Path
) -> None:
    people.appointment(id="h'1", customer_name=HOSTILE, customer_phone="0611478293", notes=HOSTILE)
    people.appointment(id="nobody", notes="n" * 200_000)
    project.load(people.path)
    archives = tmp_path / "archives"
    expected = tmp_path / "expected.db"
    for name, work in (
        ("promotion", promote(people)),
        ("triggers", lambda live: install_triggers(live, "test")),
        ("contraction", lambda live: contract(live, "test", archives, anonymous=True)),
        ("rollback", lambda live: roll_back(live, "test", archives)),
    ):
        change = project.change(name, work, expected)
        assert change.deferred == ()
        assert Path(change.notes["plan_file"]).is_file()
        project.assert_holds(expected)
    assert application_state(project.mirror()) == application_state(people.path)
    # Not even the receipts stay.
    assert project.rows("SELECT name FROM sqlite_master WHERE name LIKE 'coccinelle%'") == []


def test_the_command_line_promotes_and_a_second_run_finds_nothing_to_do(
    people: AppDatabase, project: Project, tmp_path: Path
) -> None:
    project.load(people.path)
    options = (f"d1:{NAME}", "--local", "--wrangler-dir", project.directory)
    plan = tmp_path / "plan.sql"
    before = application_state(project.mirror())
    done = coccinelle("migrate", *options, "--sql", plan, "--json")
    assert (done.returncode, done.json["status"]) == (0, "dry_run"), done.stderr
    assert application_state(project.mirror()) == before
    # The same file by hand.
    project.database.wrangler.execute_file(plan)
    with pytest.raises(WranglerError, match=r"coccinelle_receipts\.plan"):
        project.database.wrangler.execute_file(plan)
    by_hand = application_state(project.mirror())
    assert len(by_hand.rows["customers"]) == PEOPLE
    done = coccinelle("verify", *options, "--json")
    assert (done.returncode, done.json["holds"]) == (0, True), done.stderr
    done = coccinelle("migrate", *options, "--json")
    assert done.returncode == 0, done.stderr
    assert not done.json["promotion"].get("rows_written")
    assert application_state(project.mirror()) == by_hand
    assert coccinelle("history", *options).returncode == 0


def test_a_hundred_thousand_records_are_promoted(project: Project, tmp_path: Path) -> None:
    source = AppDatabase.__new__(AppDatabase)
    source.path = tmp_path / "large.db"
    write_demo_database(source.path, 100_000)
    project.load(source.path)
    expected = tmp_path / "expected.db"
    change = project.change("promotion", promote(source), expected)
    assert change.deferred == ()
    assert change.result.counts["appointment_links"] > 30_000
    project.assert_holds(expected)


@contextmanager
def worker(project: Project) -> Iterator[list[str]]:
    """The application, writing as fast as it can; yields what it was told is written."""
    log = project.directory / "worker.log"
    port = 8700 + os.getpid() % 200
    with log.open("w") as output:
        server = subprocess.Popen(
            [BINARIES / "wrangler", "dev", "--local", "--port", str(port), "--inspector-port", "0"],
            cwd=project.directory,
            env=os.environ | {"CI": "true", "WRANGLER_SEND_METRICS": "false", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    acknowledged: list[str] = []
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                address = f"http://127.0.0.1:{port}/?n={number}"
                with urllib.request.urlopen(address, timeout=30) as answer:
                    acknowledged.append(answer.read().decode())
            except OSError:
                # Not there yet, or its write was refused: then it counts for nothing.
                time.sleep(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        deadline = time.monotonic() + 120
        while len(acknowledged) < 5:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield acknowledged
    finally:
        stop.set()
        writer.join()
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def test_a_worker_that_writes_all_the_time_loses_nothing_and_holds_nothing_up(
    people: AppDatabase, project: Project, tmp_path: Path
) -> None:
    project.load(people.path)
    with worker(project) as acknowledged:
        project.database.change("promotion", promote(people))
        project.database.change("triggers", lambda live: install_triggers(live, "test"))
        during = len(acknowledged)
        time.sleep(1)
    written = {row["id"] for row in project.rows("SELECT id FROM appointments")}
    lost = [record for record in acknowledged if record not in written]
    assert (lost, during > 20) == ([], True), (len(acknowledged), during)
    with closing(sqlite3.connect(project.mirror(), isolation_level=None)) as now:
        assert verify(project.database).holds
        linked = "SELECT count(customer_id) FROM appointments WHERE id LIKE 'a%'"
        assert now.execute(linked).fetchone()[0] == PEOPLE


def kill_when_it_applies(project: Project, killed: list[float]) -> None:
    """Kill wrangler as soon as it runs a plan's file, once."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not killed:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if b"plans/" in command and str(project.directory).encode() in command:
                time.sleep(1.5)
                killed.append(time.monotonic())
                with suppress(ProcessLookupError):
                    os.kill(int(process.name), signal.SIGKILL)
        time.sleep(0.05)


def test_wrangler_killed_in_mid_apply_leaves_all_or_nothing_and_is_carried_on(
    people: AppDatabase, project: Project, tmp_path: Path
) -> None:
    project.load(people.path)
    expected = tmp_path / "expected.db"
    killed: list[float] = []
    killer = threading.Thread(target=kill_when_it_applies, args=(project, killed))
    killer.start()
    change = project.change("promotion", promote(people), expected)
    killer.join()
    assert killed
    assert change.deferred == ()
    project.assert_holds(expected)
    assert len(project.rows("SELECT plan FROM coccinelle_receipts")) == 1


def test_a_file_that_was_applied_though_nobody_heard_is_not_applied_again(
    people: AppDatabase, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.load(people.path)
    run_file, sent = Wrangler.execute_file, []

    def applied_unheard(self: Wrangler, path: Path) -> None:
        run_file(self, path)
        sent.append(path)
        raise WranglerError("fetch failed", "d1 execute")

    monkeypatch.setattr(Wrangler, "execute_file", applied_unheard)
    expected = tmp_path / "expected.db"
    project.change("promotion", promote(people), expected)
    assert len(sent) == 1
    project.assert_holds(expected)


def test_a_run_that_broke_off_after_sending_learns_what_became_of_its_plan(
    people: AppDatabase, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.load(people.path)

    run_file = Wrangler.execute_file

    def die(self: Wrangler, path: Path) -> None:
        run_file(self, path)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Wrangler, "execute_file", die)
        with pytest.raises(KeyboardInterrupt):
            project.database.change("promotion", promote(people))
    assert [entry.status for entry in project.database.outbox.unsettled()] == ["sent"]
    project.database.change("triggers", lambda live: install_triggers(live, "test"))
    assert project.database.outbox.unsettled() == []


def test_a_database_spoiled_after_the_snapshot_is_held_and_nothing_is_written(
    people: AppDatabase, project: Project
) -> None:
    project.load(people.path)
    project.database.change("promotion", promote(people))
    people.prospect(id="late", first_name="Luc", email="luc@roux.fr")
    shutil.copyfile(project.mirror(), people.path)
    with closing(people.connect()) as connection, connection:
        connection.execute("DROP TABLE coccinelle_receipts")
        connection.execute("DROP TABLE coccinelle_deferred")
    people.prospect(id="late", first_name="Luc", email="luc@roux.fr")
    project.database.wrangler.execute(
        "INSERT INTO prospects (id, tenant_id, email) VALUES ('late', 't1', 'luc@roux.fr')"
    )
    work = promote(people)
    project.database.snapshot(project.directory / "snapshot.sqlite")
    project.database.wrangler.execute(
        "UPDATE appointments SET customer_id = 'nobody' WHERE id = 'a1'"
    )
    before = application_state(project.mirror())
    with pytest.raises(PromotionRefusedError) as refusal:
        project.database.change("promotion", work, plan=Pipeline(people.path).plan_path)
    assert "links_lead_to_customers" in refusal.value.failures
    assert application_state(project.mirror()) == before


def test_what_is_missing_is_one_clear_error(project: Project, tmp_path: Path) -> None:
    done = coccinelle("verify", f"d1:{NAME}")
    assert done.returncode == 1
    assert "say --remote or" in done.stderr
    done = coccinelle("verify", "d1:absent", "--local", "--wrangler-dir", project.directory)
    assert done.returncode == 1
    assert "Couldn't find a D1 DB with the name or binding 'absent'" in done.stderr
    done = coccinelle("verify", f"d1:{NAME}", "--local", "--wrangler-dir", tmp_path / "absent")
    assert "does not exist: set --wrangler-dir" in " ".join(done.stderr.split())
    for name in ("", "../../evil", "a/b", ".", "a b"):
        with pytest.raises(CoccinelleError, match="write d1:NAME"):
            locate(f"d1:{name}", project.directory)
